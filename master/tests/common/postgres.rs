//! A real PostgreSQL server for tests: its own folder, its own port on 127.0.0.1, stopped by its process id.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A running server. Dropping it stops the server and removes its files.
pub struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// Starts a new server. None, having said so, where PostgreSQL is not installed; in CI
    /// that is a failure.
    pub fn start() -> Option<Postgres> {
        let Some(programs) = installed_programs() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed; apt-get install postgresql");
            println!("SKIPPED: PostgreSQL is not installed (apt-get install postgresql)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if runs_as_root() {
            // PostgreSQL refuses to run as root, so the folder is given to the user that Debian's package made.
            let given = Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap();
            assert!(given.success(), "cannot give {} to the user postgres", folder.path().display());
        }
        let mut server = Postgres { programs, folder, port: 0, server: None };
        let made = server
            .program("initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D"])
            .arg(server.data())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        server.resume();
        Some(server)
    }

    /// The server that all tests running at this moment share; it stops with the last of them.
    pub fn shared() -> Option<Arc<Postgres>> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let started = Arc::new(Postgres::start()?);
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    /// Makes an empty database; what to give as DATABASE_URL, the same after a restart.
    pub fn new_database(&self) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", MADE.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        let made =
            self.program("createdb").args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", &name]).status().unwrap();
        assert!(made.success(), "createdb failed");
        format!("postgres://postgres@127.0.0.1:{port}/{name}")
    }

    /// Starts the server again on the same port, and waits until it answers.
    pub fn resume(&mut self) {
        // Another process may take a free port before the server does; then the next one is tried.
        for _ in 0..5 {
            if self.port == 0 {
                self.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            }
            if self.try_to_serve() {
                return;
            }
            self.port = 0;
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("PostgreSQL did not start:\n{log}");
    }

    /// Stops the server at once, as a crash would: connections break, and the next start recovers from its log.
    pub fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            // SIGQUIT to the postmaster is an immediate shutdown, which leaves no orphans as SIGKILL would.
            let signalled = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
            if signalled.is_ok_and(|status| status.success()) {
                let _ = server.wait();
            }
        }
    }

    fn try_to_serve(&mut self) -> bool {
        let port = self.port.to_string();
        let mut server = self
            .program("postgres")
            .args(["-h", "127.0.0.1", "-p", &port, "-k"])
            .arg(self.folder.path())
            .arg("-D")
            .arg(self.data())
            // A test's crash is the server's, never the machine's, so nothing need wait for the disk.
            .args(["-c", "fsync=off", "-c", "max_connections=90"])
            .stderr(std::fs::File::create(self.folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let give_up_at = Instant::now() + Duration::from_secs(30);
        loop {
            let answers = self
                .program("pg_isready")
                .args(["-q", "-h", "127.0.0.1", "-p", &port])
                .status()
                .is_ok_and(|status| status.success());
            if answers {
                self.server = Some(server);
                return true;
            }
            if server.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < give_up_at, "PostgreSQL does not answer on port {port}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of PostgreSQL's programs, as a user it agrees to run as. The process is the program itself, no shell or
    /// `su` around it, so that its id is the server's.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path());
        if runs_as_root() {
            let (user, group) = user_and_group_of("postgres");
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

/// The newest version in Debian's folder, or whatever is on the PATH.
fn installed_programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    newest.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    })
}

fn runs_as_root() -> bool {
    number_from(Command::new("id").arg("-u")) == 0
}

fn user_and_group_of(name: &str) -> (u32, u32) {
    (number_from(Command::new("id").args(["-u", name])), number_from(Command::new("id").args(["-g", name])))
}

fn number_from(command: &mut Command) -> u32 {
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}
