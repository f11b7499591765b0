//! The configuration of a web server beside dnsmasq.

use super::Place;

/// Which web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Web {
    /// nginx: a `server` block, for a file in `conf.d`.
    Nginx,
    /// darkhttpd: its command line.
    Darkhttpd,
}

/// The configuration.
pub fn config(web: Web, place: &Place) -> String {
    let authority = place.origin.authority();
    let (host, port) = authority.split_once(':').unwrap_or((&authority, "80"));
    // A name may be that of several addresses, of which this machine has some.
    let is_address = host.parse::<std::net::Ipv4Addr>().is_ok();
    match web {
        Web::Nginx => nginx(place, host, port, is_address),
        Web::Darkhttpd => darkhttpd(place, host, port, is_address),
    }
}

fn nginx(place: &Place, host: &str, port: &str, is_address: bool) -> String {
    let listen = match is_address {
        true => format!("    listen {host}:{port};\n"),
        false => format!("    listen {port};\n    server_name {host};\n"),
    };
    let root = nginx_word(&place.root());
    let folder = match place.origin.path() {
        "" => format!("    root {root};\n"),
        path => {
            format!("    location {path}/ {{\n        alias {};\n    }}\n", nginx_word(&format!("{}/", place.root())))
        }
    };
    format!(
        "# {}, for booting PCs: ranges, keep-alive and sendfile are what counts.\nserver {{\n{listen}{folder}    \
         sendfile on;\n    tcp_nopush on;\n    keepalive_timeout 75s;\n    types {{ }}\n    \
         default_type application/octet-stream;\n}}\n",
        place.origin
    )
}

/// A word in quotes, in which nginx expands nothing but variables.
fn nginx_word(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn darkhttpd(place: &Place, host: &str, port: &str, is_address: bool) -> String {
    let address = if is_address { format!(" --addr {host}") } else { String::new() };
    let root = place.root().replace('\'', r"'\''");
    let mut text = String::new();
    if !place.origin.path().is_empty() {
        text.push_str(&format!(
            "# darkhttpd hands a folder out at the root of its server, so {} needs links of that name in an empty folder.\n",
            place.origin
        ));
    }
    text.push_str(&format!("darkhttpd '{root}' --port {port}{address} --no-listing --no-server-id\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(origin: &str) -> Place {
        Place { server: [10, 0, 0, 2].into(), origin: origin.parse().unwrap(), root: "/srv/my boot/out/current".into() }
    }

    #[test]
    fn the_folder_is_at_its_url() {
        let text = config(Web::Nginx, &place("http://10.0.0.2:8080"));
        assert!(text.contains("    listen 10.0.0.2:8080;\n    root \"/srv/my boot/out/current\";\n"), "{text}");
        let text = config(Web::Nginx, &place("http://cdn.example/boot"));
        assert!(text.contains("    listen 80;\n    server_name cdn.example;\n    location /boot/ {\n"), "{text}");
        assert!(text.contains("        alias \"/srv/my boot/out/current/\";\n"), "{text}");
        let text = config(Web::Darkhttpd, &place("http://10.0.0.2"));
        assert_eq!(
            text,
            "darkhttpd '/srv/my boot/out/current' --port 80 --addr 10.0.0.2 --no-listing --no-server-id\n"
        );
    }
}
