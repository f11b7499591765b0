//! Files of other servers, fetched over real HTTP on the loopback interface.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use netspec::facts::Digest;
use netspec::fetch::{FetchError, Fetched, Fetcher, Patience, Progress};
use netspec::resolve::{Pinned, resolve};
use netspec::source::SourceFile;
use netspec::spec;
use netspec::world::MemWorld;

use crate::support::{Folder, build_iso, text, trees};

/// A request: its path and its headers, by their names in small letters.
struct Request {
    path: String,
    headers: BTreeMap<String, String>,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream).lines();
        let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
        let headers = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
            .collect();
        Some(Self { path, headers })
    }

    /// The first byte that is asked for, where not the whole file is.
    fn from(&self) -> Option<usize> {
        self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// A server that answers each request, in their order, with what `answer` writes to the connection.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn start(answer: impl Fn(usize, &Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (seen, answer) = (seen.clone(), answer.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let Some(request) = Request::read(&stream) else { return };
                    let bytes = answer(number, &request);
                    seen.lock().unwrap().push(request);
                    // A client that has heard enough hangs up.
                    let _ = stream.write_all(&bytes);
                });
            }
        });
        Self { address, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From which byte on each request wanted the file.
    fn asked(&self) -> Vec<Option<usize>> {
        self.requests.lock().unwrap().iter().map(Request::from).collect()
    }
}

const ETAG: &str = "\"one\"";

/// A file, or the rest of it, of which the connection carries at most `most` bytes.
fn file(content: &[u8], request: &Request, most: usize) -> Vec<u8> {
    let from = request.from().filter(|_| request.headers.get("if-range").is_none_or(|tag| tag == ETAG));
    let rest = &content[from.unwrap_or(0)..];
    let head = match from {
        Some(from) => format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{}\r\n",
            content.len() - 1,
            content.len()
        ),
        None => "HTTP/1.1 200 OK\r\n".to_owned(),
    };
    let head = format!("{head}ETag: {ETAG}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len());
    [head.as_bytes(), &rest[..rest.len().min(most)]].concat()
}

fn status(line: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
}

fn content(len: u32) -> Vec<u8> {
    (0..len).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn pinned(url: &str, sha256: Digest) -> Pinned {
    let text = format!("menu \"m\" {{\n    entry \"e\" {{ kernel \"{url}\" sha256=\"{sha256}\" }}\n}}\n");
    let source = SourceFile { path: "spec.kdl".into(), text: text.into() };
    let loaded = spec::load(&source, &MemWorld::default());
    assert!(!loaded.findings.has_errors(), "{:?}", loaded.findings);
    resolve(&loaded.spec, &loaded.sources).0.pinned()[0].clone()
}

/// Does not wait between tries.
const HASTY: Patience = Patience {
    answer: Duration::from_secs(20),
    bytes: Duration::from_secs(20),
    tries: 3,
    pause: Duration::from_millis(1),
};

fn fetch(cache: &Path, pinned: &Pinned) -> Result<Fetched, FetchError> {
    Fetcher::new(cache, HASTY).fetch(pinned, &mut |_| {})
}

fn names(cache: &Path) -> Vec<String> {
    let entries = fs::read_dir(cache.join("files")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_fetched_once_and_known_by_its_digest() {
    let content = content(50_000);
    let digest = Digest::of(&content);
    let expected = content.clone();
    let server = Server::start(move |_, request| file(&content, request, usize::MAX));
    let cache = tempfile::tempdir().unwrap();
    let pinned = pinned(&server.url("/linux"), digest);
    let mut seen = Vec::new();
    let fetched = Fetcher::new(cache.path(), HASTY).fetch(&pinned, &mut |progress| seen.push(progress)).unwrap();
    assert_eq!(fetched.path, cache.path().join("files").join(digest.to_string()));
    assert!(!fetched.was_there && fs::read(&fetched.path).unwrap() == expected);
    assert_eq!(seen.last(), Some(&Progress::Bytes(200_000, Some(200_000))));
    assert_eq!(names(cache.path()), [digest.to_string()], "nothing else stays");
    assert!(fetch(cache.path(), &pinned).unwrap().was_there);
    assert_eq!(server.asked(), [None]);
}

#[test]
fn a_transfer_that_breaks_off_goes_on_where_it_ended() {
    let content = content(50_000);
    let digest = Digest::of(&content);
    // Each connection ends after 80,000 bytes, in the middle of what it announced.
    let server = Server::start(move |_, request| file(&content, request, 80_000));
    let cache = tempfile::tempdir().unwrap();
    let fetched = fetch(cache.path(), &pinned(&server.url("/linux"), digest)).unwrap();
    assert_eq!(Digest::of(&fs::read(&fetched.path).unwrap()), digest);
    assert_eq!(server.asked(), [None, Some(80_000), Some(160_000)]);
}

#[test]
fn the_next_run_goes_on_where_the_last_one_ended() {
    let content = content(50_000);
    let digest = Digest::of(&content);
    let server = Server::start(move |number, request| match number {
        0 => file(&content, request, 80_000),
        1..=3 => Vec::new(),
        _ => file(&content, request, usize::MAX),
    });
    let cache = tempfile::tempdir().unwrap();
    let pinned = pinned(&server.url("/linux"), digest);
    let error = fetch(cache.path(), &pinned).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    assert!(!cache.path().join("files").join(digest.to_string()).exists());
    let fetched = fetch(cache.path(), &pinned).unwrap();
    assert_eq!(Digest::of(&fs::read(fetched.path).unwrap()), digest);
    assert_eq!(server.asked().last(), Some(&Some(80_000)));
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let (old, new) = (content(50_000), content(60_000));
    let digest = Digest::of(&new);
    let server = Server::start(move |number, request| match number {
        0 => file(&old, request, 80_000),
        // Another version: the server sees by If-Range that the beginning is of no use.
        _ => {
            let mut request = Request { path: request.path.clone(), headers: request.headers.clone() };
            assert_eq!(request.headers.remove("if-range").as_deref(), Some(ETAG));
            request.headers.clear();
            file(&new, &request, usize::MAX)
        }
    });
    let cache = tempfile::tempdir().unwrap();
    let fetched = fetch(cache.path(), &pinned(&server.url("/linux"), digest)).unwrap();
    assert_eq!(Digest::of(&fs::read(fetched.path).unwrap()), digest);
}

#[test]
fn a_rest_of_another_size_is_no_rest() {
    let (old, new) = (content(50_000), content(60_000));
    let digest = Digest::of(&new);
    // A server that does not care for If-Range.
    let server = Server::start(move |number, request| match number {
        0 => file(&old, request, 80_000),
        _ => file(&new, request, usize::MAX),
    });
    let cache = tempfile::tempdir().unwrap();
    let pinned = pinned(&server.url("/linux"), digest);
    let error = fetch(cache.path(), &pinned).unwrap_err();
    assert_eq!(error.to_string(), "the file on the server changed while it was fetched: from 200000 to 240000 bytes");
    assert_eq!(Digest::of(&fs::read(fetch(cache.path(), &pinned).unwrap().path).unwrap()), digest);
}

#[test]
fn another_digest_is_refused_with_both_and_leaves_nothing() {
    let digest = Digest::of(b"what was pinned");
    let server = Server::start(|_, request| file(b"what is there now", request, usize::MAX));
    let cache = tempfile::tempdir().unwrap();
    let error = fetch(cache.path(), &pinned(&server.url("/linux"), digest)).unwrap_err().to_string();
    let found = Digest::of(b"what is there now");
    assert_eq!(error, format!("the file has the SHA-256 digest {found}, and the spec wants {digest}"));
    let left: u64 =
        names(cache.path()).iter().map(|name| fs::metadata(cache.path().join("files").join(name)).unwrap().len()).sum();
    assert_eq!(left, 0, "no byte of it");
}

#[test]
fn redirects_are_followed_up_to_a_limit() {
    let digest = Digest::of(b"linux");
    let server = Server::start(|_, request| match request.path.as_str() {
        "/linux" => file(b"linux", request, usize::MAX),
        "/round" => status("302 Found\r\nLocation: /round"),
        _ => status("301 Moved Permanently\r\nLocation: /linux"),
    });
    let cache = tempfile::tempdir().unwrap();
    let round = fetch(cache.path(), &pinned(&server.url("/round"), digest)).unwrap_err();
    assert!(matches!(round, FetchError::Redirects), "{round}");
    assert_eq!(fetch(cache.path(), &pinned(&server.url("/moved"), digest)).unwrap().size, 5);
}

#[test]
fn what_no_second_try_mends_is_told_at_once() {
    let server = Server::start(|_, request| match request.path.as_str() {
        "/gone" => status("404 Not Found"),
        "/busy" => status("503 Service Unavailable"),
        _ => b"HTTP/1.1 banana\r\n\r\n".to_vec(),
    });
    let cache = tempfile::tempdir().unwrap();
    let fetch = |url: &str| {
        let error = fetch(cache.path(), &pinned(url, Digest::of(b"x"))).unwrap_err();
        assert!(!error.advice().is_empty());
        error.to_string()
    };
    assert_eq!(fetch(&server.url("/gone")), "the server answers with status 404, there is no such file");
    assert_eq!(server.asked().len(), 1);
    assert_eq!(fetch(&server.url("/busy")), "the server answers with status 503, it is in trouble itself");
    assert_eq!(server.asked().len(), 1 + 3, "a server in trouble is asked again");
    let nonsense = fetch(&server.url("/nonsense"));
    assert!(nonsense.starts_with("the server's answer cannot be understood"), "{nonsense}");
    // RFC 6761 sets the name apart.
    let unknown = fetch("http://netspec.invalid/x");
    assert!(unknown.starts_with("the host `netspec.invalid` is not found: "), "{unknown}");
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let refused = fetch(&format!("http://127.0.0.1:{port}/x"));
    assert!(refused.starts_with(&format!("`127.0.0.1:{port}` cannot be reached: ")), "{refused}");
    // Nothing but HTTP is spoken there: it hangs up, or answers in the clear.
    let tls = fetch(&format!("https://{}/x", server.address));
    assert!(tls.starts_with(&format!("`{}` ", server.address)), "{tls}");
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let server = Server::start(|_, _| {
        thread::sleep(Duration::from_secs(3));
        Vec::new()
    });
    let cache = tempfile::tempdir().unwrap();
    let short = Duration::from_millis(200);
    let patience = Patience { answer: short, bytes: short, tries: 1, ..HASTY };
    let pinned = pinned(&server.url("/linux"), Digest::of(b"x"));
    let error = Fetcher::new(cache.path(), patience).fetch(&pinned, &mut |_| {}).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
}

#[test]
fn of_two_that_want_one_file_one_fetches_it() {
    let content = content(20_000);
    let digest = Digest::of(&content);
    let server = Server::start(move |_, request| {
        thread::sleep(Duration::from_millis(300));
        file(&content, request, usize::MAX)
    });
    let cache = tempfile::tempdir().unwrap();
    let pinned = pinned(&server.url("/linux"), digest);
    let was_there = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let fetched = fetch(cache.path(), &pinned).unwrap();
                was_there.fetch_add(usize::from(fetched.was_there), Ordering::Relaxed);
            });
        }
    });
    assert_eq!((was_there.into_inner(), server.asked().len()), (3, 1));
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let server = Server::start(|_, request| file(b"linux", request, usize::MAX));
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    fs::write(&cache, "a file").unwrap();
    let error = fetch(&cache, &pinned(&server.url("/linux"), Digest::of(b"linux"))).unwrap_err();
    assert!(error.to_string().starts_with(&format!("`{}/files` cannot be written: ", cache.display())), "{error}");
    assert!(error.advice().contains("NETSPEC_CACHE"));
}

fn netspec(folder: &Folder, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netspec"))
        .args(args)
        .current_dir(folder.dir.path())
        .env_clear()
        .env("NETSPEC_CACHE", folder.path("cache"))
        .output()
        .unwrap()
}

/// From a spec with two URLs to a plan that pins what came from them, with the server gone by then.
#[test]
fn a_spec_with_urls_is_fetched_checked_and_planned() {
    let iso: PathBuf = tempfile::tempdir().unwrap().keep().join("debian.iso");
    build_iso(&iso, "Debian bookworm", &trees::debian_live());
    let mut bytes = Vec::new();
    fs::File::open(&iso).unwrap().read_to_end(&mut bytes).unwrap();
    fs::remove_dir_all(iso.parent().unwrap()).unwrap();
    let (of_iso, of_kernel) = (Digest::of(&bytes), Digest::of(b"kernel"));
    let server = Server::start(move |_, request| match request.path.as_str() {
        "/debian.iso" => file(&bytes, request, 100_000),
        _ => file(b"kernel", request, usize::MAX),
    });
    let spec = format!(
        "network \"home\" {{\n    subnet \"192.168.1.0/24\"\n}}\niso \"debian\" \"{}\" sha256=\"{of_iso}\"\n\
         menu \"main\" {{\n    entry \"debian\" iso=\"debian\"\n    entry \"tool\" {{\n        kernel \"{}\" sha256=\"{of_kernel}\"\n    }}\n}}\n",
        server.url("/debian.iso"),
        server.url("/a%20tool"),
    );
    let folder = Folder::with_spec(&spec);

    let check = netspec(&folder, &["check", "--no-host", "--format", "short", "spec.kdl"]);
    let said = text(&check.stdout);
    assert_eq!(check.status.code(), Some(1));
    assert_eq!(said.matches("error[netspec::url-not-fetched]").count(), 2, "{said}");

    let fetched = netspec(&folder, &["fetch", "spec.kdl"]);
    let said = text(&fetched.stderr);
    assert!(fetched.status.success(), "{said}");
    assert_eq!(said.matches(", verified\n").count(), 2, "{said}");
    assert!(!said.contains('\r') && !said.contains('\u{1b}'), "no progress in a pipe: {said:?}");
    let again = netspec(&folder, &["fetch", "spec.kdl"]);
    assert_eq!(text(&again.stderr).matches(": in the cache, ").count(), 2);

    let plan = netspec(&folder, &["plan", "spec.kdl"]);
    let plan: serde_json::Value =
        serde_json::from_slice(&plan.stdout).unwrap_or_else(|_| panic!("{}", text(&plan.stderr)));
    assert_eq!(plan["loaders"]["file/main/tool/a-20tool"]["sha256"], of_kernel.to_string());
    assert_eq!(plan["images"]["debian"]["volume-id"], "Debian bookworm");
    assert!(!plan.to_string().contains("127.0.0.1"), "PCs get both from here");
}

#[test]
fn one_file_that_fails_does_not_keep_the_others() {
    let server = Server::start(|_, request| match request.path.as_str() {
        "/linux" => file(b"linux", request, usize::MAX),
        _ => status("404 Not Found"),
    });
    let digest = Digest::of(b"linux");
    let other = Digest::of(b"other");
    let folder = Folder::with_spec(&format!(
        "network \"home\" {{\n    subnet \"192.168.1.0/24\"\n}}\nmenu \"main\" {{\n    entry \"tool\" {{\n        kernel \"{}\" sha256=\"{other}\"\n        \
         initrd \"{}\" sha256=\"{digest}\"\n    }}\n}}\n",
        server.url("/lost"),
        server.url("/linux"),
    ));
    let fetched = netspec(&folder, &["fetch", "spec.kdl"]);
    let said = text(&fetched.stderr);
    assert_eq!(fetched.status.code(), Some(1), "{said}");
    let lost = server.url("/lost");
    assert!(
        said.contains(&format!(
            "{lost}: not fetched: the server answers with status 404, there is no such file\n  help: "
        )),
        "{said}"
    );
    assert!(folder.path(&format!("cache/files/{digest}")).exists(), "{said}");
    // A spec with errors in its text is not fetched at all.
    fs::write(folder.path("spec.kdl"), "menu \"main\" { entry \"a\" chain=\"x\"; }").unwrap();
    let wrong = netspec(&folder, &["fetch", "spec.kdl"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("netspec::url-invalid"));
}
