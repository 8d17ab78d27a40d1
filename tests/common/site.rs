//! A web server on this machine that serves a few files and fails in the ways that are asked of it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A file, and how it is served.
#[derive(Clone, Default)]
pub struct Served {
    pub body: Vec<u8>,
    /// What identifies this version of the file.
    pub etag: Option<&'static str>,
    /// The status of the next answers, which have no body; then it is served.
    pub refusals: Vec<u16>,
    /// After so many bytes of the next answers the connection ends.
    pub cuts: Vec<usize>,
    /// Whether it is always sent as a whole.
    pub ignores_ranges: bool,
    /// Whether a range is sent even if the file is another by now.
    pub ignores_if_range: bool,
    /// How far beside what was asked for a range begins.
    pub range_error: usize,
}

/// A running server; it ends with the test's process.
pub struct Site {
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: HashMap<String, Served>,
    requests: Vec<String>,
}

struct Request {
    path: String,
    headers: HashMap<String, String>,
}

impl Site {
    pub fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/movielens", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                // A client that went away is no concern of the server.
                let _ = answer(connection.unwrap(), &shared);
            }
        });
        Site { url, state }
    }

    /// Serves a file from now on.
    pub fn serve(&self, name: &str, served: Served) {
        self.state.lock().unwrap().files.insert(format!("/movielens/{name}"), served);
    }

    /// Serves a file as it should be.
    pub fn serve_text(&self, name: &str, text: &str) {
        self.serve(name, Served { body: text.into(), ..Served::default() });
    }

    /// What was asked for since the last call, as "ml-1m.zip" or "ml-1m.zip bytes=100-".
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }
}

fn answer(connection: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let Some(request) = read_request(&connection)? else { return Ok(()) };
    let range = request.headers.get("range").cloned();
    let name = request.path.rsplit('/').next().unwrap_or_default();
    let (served, refusal, cut) = {
        let mut state = state.lock().unwrap();
        state.requests.push([Some(name.to_owned()), range.clone()].into_iter().flatten().collect::<Vec<_>>().join(" "));
        let Some(file) = state.files.get_mut(&request.path) else {
            return respond(&connection, "404 Not Found", "", b"", None);
        };
        let refusal = if file.refusals.is_empty() { None } else { Some(file.refusals.remove(0)) };
        let cut = if file.cuts.is_empty() || refusal.is_some() { None } else { Some(file.cuts.remove(0)) };
        (file.clone(), refusal, cut)
    };
    if let Some(status) = refusal {
        return respond(&connection, &format!("{status} Refused"), "", b"", None);
    }
    let etag = served.etag.map(|etag| format!("ETag: {etag}\r\n")).unwrap_or_default();
    let unchanged = served.ignores_if_range || request.headers.get("if-range").map(String::as_str) == served.etag;
    let start = range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let start: Option<usize> = start.filter(|_| unchanged && !served.ignores_ranges);
    let length = served.body.len();
    match start.map(|start| start + served.range_error) {
        None => respond(&connection, "200 OK", &etag, &served.body, cut),
        Some(start) if start < length => {
            let headers = format!("{etag}Content-Range: bytes {start}-{}/{length}\r\n", length - 1);
            respond(&connection, "206 Partial Content", &headers, &served.body[start..], cut)
        }
        Some(_) => {
            let headers = format!("Content-Range: bytes */{length}\r\n");
            respond(&connection, "416 Range Not Satisfiable", &headers, b"", None)
        }
    }
}

fn read_request(connection: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut lines = BufReader::new(connection).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    let mut headers = HashMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    Ok(first.split(' ').nth(1).map(|path| Request { path: path.to_owned(), headers }))
}

fn respond(
    mut connection: &TcpStream,
    status: &str,
    headers: &str,
    body: &[u8],
    cut: Option<usize>,
) -> std::io::Result<()> {
    let length = body.len();
    write!(connection, "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
    connection.write_all(&body[..cut.unwrap_or(length).min(length)])
}
