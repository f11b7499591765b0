//! Measures the HTTP server beside nginx and the TFTP server beside dnsmasq, over loopback, with the file in memory.
//!
//! `cargo bench --bench serve_files` prints throughput and the processor time that the server took. It needs 1.5 GB of disk in
//! the folder for temporary files, and root for dnsmasq, which listens on port 69 only.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use netspec::image::iso9660::Extent;
use netspec::serve::content::{Content, Files, Opened, Role};
use netspec::serve::event::{BootEvent, Events};
use netspec::serve::{http, tftp};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where the region begins in the file, as an image holds a file somewhere in its middle.
const OFFSET: u64 = 256 << 20;
/// The size of the region that is fetched over HTTP.
const REGION: u64 = 1 << 30;
/// The size of the part that is fetched over TFTP.
const SMALL: u64 = 64 << 20;
const ROUNDS: usize = 7;

/// A server's name, the server, and of each round the bytes a second and the seconds of processor time.
type Row<'a> = (&'a str, &'a Server, Vec<(f64, f64)>);

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("server") => serve(args.get(2).ok_or("no file given")?),
        _ => measure(),
    }
}

/// The region as `region`, its begin as `small`.
struct Region(Arc<File>);

impl Files for Region {
    fn open(&self, path: &str, _local: Ipv4Addr) -> Option<Opened> {
        let len = match path {
            "region" => REGION,
            "small" => SMALL,
            _ => return None,
        };
        let content = Content::Extents { file: self.0.clone(), extents: Arc::new([Extent { offset: OFFSET, len }]) };
        Some(Opened {
            path: path.into(),
            len,
            content,
            etag: "\"x\"".into(),
            modified: None,
            role: Role::Other,
            decided: None,
        })
    }
}

struct Nobody;

impl Events for Nobody {
    fn emit(&self, _event: BootEvent) {}
}

/// Serves until standard input ends, and prints the two ports.
fn serve(path: &str) -> Result<()> {
    let any = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    let (web, udp) = (http::bind(http::Config::new(any))?, tftp::bind(tftp::Config::new(any))?);
    println!("{} {}", web.local_addr().port(), udp.local_addr().port());
    let files: Arc<dyn Files> = Arc::new(Region(Arc::new(File::open(path)?)));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stop.send(true)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let events: Arc<dyn Events> = Arc::new(Nobody);
        tokio::try_join!(web.run(files.clone(), events.clone(), stopped.clone()), udp.run(files, events, stopped))
    })?;
    Ok(())
}

/// A server process; it is ended when this is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Seconds of processor time so far.
    fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        let ticks = fields.skip(11).take(2).map(str::parse::<f64>).sum::<std::result::Result<f64, _>>()?;
        Ok(ticks / 100.0)
    }

    /// The most memory that it had in RAM, as the kernel writes it.
    fn peak_memory(&self) -> Result<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        Ok(peak.ok_or("no VmHWM")?.trim().to_owned())
    }
}

fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("image");
    write_image(&file)?;

    let mut child = Command::new(std::env::current_exe()?)
        .args(["server".as_ref(), file.as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let own = Server(child);
    let (web, udp) = line.trim().split_once(' ').ok_or("no ports")?;
    let (web, udp) = (web.parse()?, udp.parse()?);
    let (nginx, nginx_port) = start_nginx(folder.path())?;

    println!("HTTP, {} MiB from the middle of a file, one client, median of {ROUNDS} rounds:", REGION >> 20);
    let range = format!("Range: bytes={OFFSET}-{}\r\n", OFFSET + REGION - 1);
    let mut rows: [Row<'_>; 2] = [("netspec", &own, Vec::new()), ("nginx", &nginx, Vec::new())];
    for _ in 0..ROUNDS {
        for (name, server, rounds) in &mut rows {
            let (port, path, range) =
                if *name == "nginx" { (nginx_port, "/image", range.as_str()) } else { (web, "/region", "") };
            let before = server.cpu()?;
            let seconds = get(port, path, range)?;
            rounds.push((REGION as f64 / seconds / 1e9, server.cpu()? - before));
        }
    }
    let medians = rows.map(|(name, _, rounds)| {
        let speed = median(rounds.iter().map(|round| round.0));
        let cpu = median(rounds.iter().map(|round| round.1));
        println!("  {name:8} {speed:5.2} GB/s  {cpu:5.2} s of processor time");
        (speed, cpu)
    });
    println!("  ratio    {:5.2}       {:5.2}", medians[0].0 / medians[1].0, medians[0].1 / medians[1].1);
    println!("  netspec's most memory: {}", own.peak_memory()?);

    println!("TFTP, {} MiB, one client in lockstep with the server:", SMALL >> 20);
    let own_addr = SocketAddrV4::new(Ipv4Addr::LOCALHOST, udp);
    for blksize in [1408, 1468] {
        for windowsize in [1, 4, 16] {
            report_tftp("netspec", &own, own_addr, blksize, windowsize)?;
        }
    }
    match start_dnsmasq(folder.path(), &file) {
        Ok((dnsmasq, addr)) => {
            for blksize in [1408, 1468] {
                report_tftp("dnsmasq", &dnsmasq, addr, blksize, 1)?;
            }
        }
        Err(error) => println!("  dnsmasq was not measured: {error}"),
    }
    Ok(())
}

/// Bytes without holes, and in the page cache since they were just written.
fn write_image(path: &Path) -> Result<()> {
    let mut image = File::create(path)?;
    let mut part: Vec<u8> = (0..1u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for number in 0..(OFFSET + REGION) >> 20 {
        part[..8].copy_from_slice(&number.to_be_bytes());
        image.write_all(&part)?;
    }
    Ok(())
}

fn start_nginx(folder: &Path) -> Result<(Server, u16)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let folder = folder.display();
    let config = format!(
        "daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;\n\
         events {{ worker_connections 64; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;\n\
         fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n\
         server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    );
    let path = format!("{folder}/nginx.conf");
    std::fs::write(&path, config)?;
    let server =
        Server(Command::new("/usr/sbin/nginx").args(["-c", &path, "-e", &format!("{folder}/error.log")]).spawn()?);
    for _ in 0..100 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok((server, port));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("nginx does not listen".into())
}

fn start_dnsmasq(folder: &Path, image: &Path) -> Result<(Server, SocketAddrV4)> {
    let small = std::fs::File::create(folder.join("small"))?;
    std::io::copy(&mut File::open(image)?.take(SMALL), &mut &small)?;
    let addr = SocketAddrV4::new(Ipv4Addr::new(127, 69, 0, 1), 69);
    let options = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--bind-interfaces", "--user=root"];
    let server = Command::new("/usr/sbin/dnsmasq")
        .args(options)
        .args([format!("--listen-address={}", addr.ip()), "--enable-tftp".to_owned()])
        .args([format!("--tftp-root={}", folder.display()), format!("--pid-file={}/dnsmasq.pid", folder.display())])
        .stderr(Stdio::null())
        .spawn()?;
    let server = Server(server);
    std::thread::sleep(Duration::from_millis(500));
    Ok((server, addr))
}

/// Fetches and throws away; the seconds from the request to the last byte.
fn get(port: u16, path: &str, headers: &str) -> Result<f64> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut buf = vec![0; 256 * 1024];
    let began = Instant::now();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n").as_bytes())?;
    let mut got = 0;
    loop {
        match stream.read(&mut buf)? {
            0 => break,
            len => got += len as u64,
        }
    }
    if got < REGION {
        return Err(format!("{got} bytes of {path}").into());
    }
    Ok(began.elapsed().as_secs_f64())
}

fn report_tftp(name: &str, server: &Server, addr: SocketAddrV4, blksize: usize, windowsize: u64) -> Result<()> {
    let mut rounds = Vec::new();
    let before = server.cpu()?;
    for _ in 0..3 {
        rounds.push(SMALL as f64 / get_tftp(addr, blksize, windowsize)? / 1e6);
    }
    let cpu = (server.cpu()? - before) / 3.0;
    let speed = median(rounds.into_iter());
    println!("  {name:8} blksize {blksize} windowsize {windowsize:2}  {speed:6.1} MB/s  {cpu:5.2} s of processor time");
    Ok(())
}

fn get_tftp(addr: SocketAddrV4, blksize: usize, windowsize: u64) -> Result<f64> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    let window = if windowsize > 1 { format!("windowsize\0{windowsize}\0") } else { String::new() };
    let began = Instant::now();
    socket.send_to(format!("\0\x01small\0octet\0blksize\0{blksize}\0{window}").as_bytes(), addr)?;
    let mut buf = vec![0; blksize + 4];
    let (_, SocketAddr::V4(peer)) = socket.recv_from(&mut buf)? else { return Err("no IPv4".into()) };
    if buf[1] != 6 {
        return Err("no OACK".into());
    }
    socket.connect(peer)?;
    socket.send(&[0, 4, 0, 0])?;
    let (mut good, mut got) = (0u64, 0u64);
    loop {
        let len = socket.recv(&mut buf)?;
        if u64::from(u16::from_be_bytes([buf[2], buf[3]])) != (good + 1) % 65536 {
            continue;
        }
        good += 1;
        got += len as u64 - 4;
        let last = len < blksize + 4;
        if good % windowsize == 0 || last {
            let [high, low] = ((good % 65536) as u16).to_be_bytes();
            socket.send(&[0, 4, high, low])?;
        }
        if last {
            return if got == SMALL { Ok(began.elapsed().as_secs_f64()) } else { Err(format!("{got} bytes").into()) };
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
