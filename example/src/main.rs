//! What the templates ask of a container, written with the standard library alone.

use std::ffi::c_int;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::num::{NonZeroU16, NonZeroU32};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

const DB_URL_FORM: &str = "postgres://user:password@host:port/name?sslmode=require";
const MAX_HEAD_BYTES: usize = 16 * 1024;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]; // its length, 80877103
const SIGTERM: c_int = 15;

static STOPPING: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
}

extern "C" fn stop(_signal: c_int) {
    STOPPING.store(true, Ordering::Relaxed);
}

struct Settings {
    address: IpAddr,
    port: u16,
    pool_size: NonZeroU32,
    /// Host and port only: the password is checked for, never kept.
    database: String,
    /// Empty if the load balancer adds the one allowed origin.
    origins: Vec<String>,
}

fn main() -> ExitCode {
    // SAFETY: C's own signature; the handler does nothing but store to an atomic.
    unsafe { signal(SIGTERM, stop) };
    let outcome = settings()
        .map_err(|problem| (2, problem))
        .and_then(|settings| listen(&settings).map_err(|e| (1, format!("cannot listen: {e}"))));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, problem)) => {
            eprintln!("{problem}");
            ExitCode::from(code)
        }
    }
}

fn settings() -> Result<Settings, String> {
    let database = match env::var_os("DB_URL") {
        Some(url) => url.to_str().ok_or("is not UTF-8").and_then(host_and_port),
        None => Err("is missing"),
    };
    Ok(Settings {
        address: parsed("LISTEN_ADDRESS", "0.0.0.0")?,
        port: parsed("PORT", "3000")?,
        pool_size: parsed("DB_POOL_SIZE", "5")?,
        database: database.map_err(|problem| format!("DB_URL {problem}: write {DB_URL_FORM}"))?,
        origins: listed(&parsed::<String>("CORS_ALLOW_ORIGINS", "")?),
    })
}

fn listed(text: &str) -> Vec<String> {
    let origins = text.split(',').filter(|origin| !origin.is_empty());
    origins.map(str::to_owned).collect()
}

fn parsed<T: FromStr>(name: &str, default: &str) -> Result<T, String> {
    let text = env::var_os(name).unwrap_or_else(|| default.into());
    let value = text.to_str().and_then(|text| text.parse().ok());
    value.ok_or_else(|| format!("{name} is not usable: write {default}, for example"))
}

/// The problem is told without the value: it holds the password.
fn host_and_port(url: &str) -> Result<String, &'static str> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    if !["postgres", "postgresql"].contains(&scheme) {
        return Err("does not start with postgres://");
    }
    let (authority, name) = rest.split_once('/').ok_or("names no database")?;
    let (credentials, address) = authority.rsplit_once('@').ok_or("names no user")?;
    let (user, password) = credentials.split_once(':').ok_or("holds no password")?;
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    if [user, password, host].contains(&"") || name.split('?').next() == Some("") {
        return Err("has an empty user, password, host or name");
    }
    match port.parse::<NonZeroU16>() {
        Ok(_) => Ok(address.to_owned()),
        Err(_) => Err("names no port from 1 to 65535"),
    }
}

fn listen(settings: &Settings) -> io::Result<()> {
    let listener = TcpListener::bind((settings.address, settings.port))?;
    let (address, pool_size) = (listener.local_addr()?, settings.pool_size);
    let port = address.port();
    println!(r#"{{"message":"listening","port":{port},"db_pool_size":{pool_size}}}"#);

    // A scope ends with its last thread, so requests that are running get their answers.
    thread::scope(|scope| {
        scope.spawn(move || wake_when_stopping(address));
        for stream in listener.incoming() {
            if STOPPING.load(Ordering::Relaxed) {
                break;
            }
            let serving = stream.and_then(|stream| {
                let serve = move || serve(stream, settings);
                thread::Builder::new().spawn_scoped(scope, serve)
            });
            if let Err(error) = serving {
                eprintln!("cannot serve a connection: {error}");
                thread::sleep(POLL_INTERVAL); // Out of files or threads: do not spin.
            }
        }
        drop(listener); // From here on connections are refused.
        println!(r#"{{"message":"stopping"}}"#);
    });
    Ok(())
}

/// Accepting knows no timeout, so a connection of our own ends the wait for others.
fn wake_when_stopping(mut listening: SocketAddr) {
    while !STOPPING.load(Ordering::Relaxed) {
        thread::sleep(POLL_INTERVAL);
    }
    if listening.ip() == Ipv4Addr::UNSPECIFIED {
        listening.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let _ = TcpStream::connect(listening);
}

fn serve(mut stream: TcpStream, settings: &Settings) {
    let started = Instant::now();
    let deadline = started + REQUEST_TIMEOUT;
    let head = read_head(&mut stream, deadline);
    let request = match &head {
        Ok(head) => method_and_path(head).ok_or(400),
        Err(status) => Err(*status),
    };
    let (status, body) = match request {
        Ok((method, path)) => answer(method, path, &settings.database),
        Err(status) => (status, format!(r#"{{"status":{status}}}"#)),
    };
    let (method, path) = request.unwrap_or(("-", "-"));
    let head = head.as_deref().unwrap_or("");
    let cors = cors_headers(&settings.origins, head);
    let _ = write_answer(&stream, method, status, &cors, &body);

    let (method, path) = (quoted(method), quoted(path));
    let id = quoted(fields(head, "x-request-id").next().unwrap_or(""));
    let ms = started.elapsed().as_millis();
    println!(
        r#"{{"requestId":{id},"method":{method},"path":{path},"status":{status},"milliseconds":{ms}}}"#
    );

    // Closing with a body unread would reset the connection, and with it the answer.
    let mut unread = [0; 4096];
    while read_before(deadline, &mut stream, &mut unread).is_ok_and(|count| count > 0) {}
}

fn read_head(stream: &mut TcpStream, deadline: Instant) -> Result<String, u16> {
    let (mut head, mut chunk) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        if head.len() >= MAX_HEAD_BYTES {
            return Err(431);
        }
        match read_before(deadline, stream, &mut chunk) {
            Ok(0) => return Err(400),
            Ok(count) => head.extend_from_slice(&chunk[..count]),
            Err(_) => return Err(408),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// One deadline for the whole request: a timeout for each read lets a client trickle on.
fn read_before(deadline: Instant, stream: &mut TcpStream, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        // None left is a timeout of zero, which is refused: the error we want.
        stream.set_read_timeout(Some(deadline.saturating_duration_since(Instant::now())))?;
        match stream.read(chunk) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {} // SIGTERM
            result => return result,
        }
    }
}

fn method_and_path(head: &str) -> Option<(&str, &str)> {
    let words: Vec<&str> = head.lines().next()?.split(' ').collect();
    let [method, target, "HTTP/1.0" | "HTTP/1.1"] = words[..] else {
        return None;
    };
    let path = target.split('?').next()?; // A query may carry secrets: not into the log.
    (!method.is_empty() && path.starts_with('/')).then_some((method, path))
}

fn answer(method: &str, path: &str, database: &str) -> (u16, String) {
    match (method, path) {
        // Never the database: its failover would kill every task.
        ("GET", "/health") => (200, "ok".into()),
        ("GET", "/database") => match offers_tls(database) {
            Ok(true) => (200, r#"{"database":"reached","tls":true}"#.into()),
            Ok(false) => (503, r#"{"database":"reached","tls":false}"#.into()),
            Err(error) => {
                let problem = quoted(&error.to_string());
                (503, format!(r#"{{"database":{problem}}}"#))
            }
        },
        _ => {
            let (method, path) = (quoted(method), quoted(path));
            (200, format!(r#"{{"method":{method},"path":{path}}}"#))
        }
    }
}

/// The values of a header, in their order.
fn fields<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let named = fields.filter(move |(key, _)| key.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim())
}

/// Headers that allow the origin of a request, if it is one of several.
///
/// A cache keeps one answer for each origin because of `Vary`.
fn cors_headers(origins: &[String], head: &str) -> String {
    if origins.is_empty() {
        return String::new();
    }
    let mut asked = fields(head, "origin");
    let vary = "Vary: Origin\r\n";
    match (asked.next(), asked.next()) {
        (Some(origin), None) if origins.iter().any(|known| known == origin) => {
            format!("{vary}Access-Control-Allow-Origin: {origin}\r\n")
        }
        _ => vary.into(),
    }
}

/// Sends an `SSLRequest`, which any client sends before a name or a password.
fn offers_tls(address: &str) -> io::Result<bool> {
    let mut stream = Err(ErrorKind::AddrNotAvailable.into());
    for candidate in address.to_socket_addrs()? {
        stream = stream.or_else(|_| TcpStream::connect_timeout(&candidate, DATABASE_TIMEOUT));
    }
    let mut stream = stream?;
    stream.set_read_timeout(Some(DATABASE_TIMEOUT))?;
    stream.write_all(&SSL_REQUEST)?;
    let mut reply = [0];
    stream.read_exact(&mut reply)?;
    Ok(reply == *b"S")
}

fn write_answer(
    mut stream: &TcpStream,
    method: &str,
    status: u16,
    cors: &str,
    body: &str,
) -> io::Result<()> {
    let kind = match body {
        "ok" => "text/plain",
        _ => "application/json",
    };
    let reason = if status == 200 { "OK" } else { "Error" };
    let length = body.len();
    // A load balancer reuses connections unless it is told not to: one each is simplest.
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\n\
         Content-Type: {kind}\r\n\
         Content-Length: {length}\r\n\
         {cors}\
         Connection: close\r\n\r\n"
    );
    let body = if method == "HEAD" { "" } else { body };
    stream.set_write_timeout(Some(REQUEST_TIMEOUT))?;
    stream.write_all((head + body).as_bytes())?;
    stream.shutdown(Shutdown::Write)
}

fn quoted(text: &str) -> String {
    let mut json = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..' ' => json.extend(format!("\\u{:04x}", u32::from(character)).chars()),
            _ => json.push(character),
        }
    }
    json + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn db_url_gives_host_and_port() {
        for (url, address) in [
            ("postgres://u:p@db:5432/app?sslmode=require", "db:5432"),
            ("postgresql://u:p%2Fw@[::1]:5433/app", "[::1]:5433"),
            ("postgres://u:p@w:x@db:1/app", "db:1"),
        ] {
            assert_eq!(host_and_port(url).as_deref(), Ok(address));
        }
    }

    #[test]
    fn db_url_that_is_wrong_is_told_how() {
        let empty = "has an empty user, password, host or name";
        for (url, problem) in [
            ("mysql://u:p@db:1/app", "does not start with postgres://"),
            ("postgres://u:p@db:1", "names no database"),
            ("postgres://u:p/w@db:1/app", "names no user"),
            ("postgres://u@db:1/app", "holds no password"),
            ("postgres://u:p@db/app", "names no port from 1 to 65535"),
            ("postgres://u:p@db:0/app", "names no port from 1 to 65535"),
            ("postgres://u:@db:1/app", empty),
            ("postgres://u:p@:1/app", empty),
            ("postgres://u:p@db:1/?sslmode=require", empty),
        ] {
            assert_eq!(host_and_port(url), Err(problem));
        }
    }

    #[test]
    fn request_line_gives_method_and_path_without_query() {
        let head = "DELETE /orders/7?token=x HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(method_and_path(head), Some(("DELETE", "/orders/7")));
    }

    #[test]
    fn whole_origin_of_the_list_is_allowed_and_no_other() {
        let origins = listed("https://a.example.com,https://b.example.com");
        let vary = "Vary: Origin\r\n";
        let head = |fields: &str| format!("GET / HTTP/1.1\r\n{fields}\r\n\r\n");
        for field in [
            "Origin: https://b.example.com",
            "origin:https://b.example.com ",
        ] {
            let allowed = format!("{vary}Access-Control-Allow-Origin: https://b.example.com\r\n");
            assert_eq!(cors_headers(&origins, &head(field)), allowed);
        }
        for fields in [
            "Host: a",
            "Origin: null",
            "Origin: ",
            "Origin: https://b.example.com.evil.com",
            "Origin: https://evilb.example.com",
            "Origin: https://b.example.com, https://evil.com",
            "Origin: https://b.example.com\r\nOrigin: https://evil.com",
            "X-Origin: https://b.example.com",
        ] {
            assert_eq!(cors_headers(&origins, &head(fields)), vary, "{fields}");
        }
        assert_eq!(
            cors_headers(&[], &head("Origin: https://b.example.com")),
            ""
        );
    }

    #[test]
    fn request_line_that_is_not_http_is_refused() {
        for line in ["", "GET /", "GET / HTTP/2", "GET * HTTP/1.1"] {
            assert_eq!(method_and_path(line), None, "{line}");
        }
    }
}
