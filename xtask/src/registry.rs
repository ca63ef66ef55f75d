//! A schema registry for the tests: Apicurio Registry from Maven Central, which speaks Confluent's
//! protocol and keeps everything in memory. 3.0.9 is the last that Java 17 runs.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{At, Failure, Result};
use crate::project;

const VERSION: &str = "3.0.9";

/// Where Confluent's protocol is, below the address.
const PATH: &str = "/apis/ccompat/v7";

/// It is ready after about 8 s on two idle cores; a build beside it makes that several times as
/// long.
const READY_TIMEOUT: Duration = Duration::from_secs(180);
const READY_POLL: Duration = Duration::from_millis(100);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Ends when it is dropped, or, at the latest, with this process.
pub(crate) struct PrivateRegistry {
    process: Child,
    url: String,
}

impl PrivateRegistry {
    pub(crate) fn start() -> Result<Self> {
        let jar = ensure()?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let port = free.and_then(|listener| listener.local_addr());
        let port = port.at("binding a port on", Path::new("127.0.0.1"))?.port();
        let log = project::cache_dir()?.join(format!("registry-{port}.log"));
        let out = File::create(&log).at("creating", &log)?;
        let err = out.try_clone().at("opening", &log)?;
        // The kernel ends it with the thread that started it, here the main thread.
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "java", "-Xmx384m", "-XX:TieredStopAtLevel=1"])
            .arg("-Dquarkus.http.host=127.0.0.1")
            .arg(format!("-Dquarkus.http.port={port}"))
            .arg("-jar")
            .arg(&jar)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .running("java")?;
        let mut registry = Self { process, url: format!("http://127.0.0.1:{port}{PATH}") };
        registry.wait_until_ready(port, &log)?;
        // What it said is of use only if it did not start.
        fs::remove_file(&log).at("removing", &log)?;
        Ok(registry)
    }

    /// What `schema_registry.url` takes.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn wait_until_ready(&mut self, port: u16, log: &Path) -> Result<()> {
        let started = Instant::now();
        while !answers(port) {
            if let Some(status) = self.process.try_wait().running("java")? {
                let place = log.display();
                return Err(Failure::new(format!("the registry ended ({status}): see {place}")));
            }
            if started.elapsed() > READY_TIMEOUT {
                let (seconds, place) = (READY_TIMEOUT.as_secs(), log.display());
                let text = format!("the registry is not ready after {seconds} s: see {place}");
                return Err(Failure::new(text));
            }
            thread::sleep(READY_POLL);
        }
        Ok(())
    }
}

impl Drop for PrivateRegistry {
    fn drop(&mut self) {
        let killed = self.process.kill().and_then(|()| self.process.wait());
        if let Err(e) = killed {
            eprintln!("warning: the registry cannot be stopped: {e}");
        }
    }
}

/// True once it lists its subjects.
fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut socket = TcpStream::connect_timeout(&address, ANSWER_TIMEOUT)?;
        socket.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        let head = format!("GET {PATH}/subjects HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
        socket.write_all(head.as_bytes())?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.lines().next().is_some_and(|status| status.contains(" 200 ")))
}

/// The program; fetches it on the first call.
fn ensure() -> Result<PathBuf> {
    let cache = project::cache_dir()?;
    let dir = cache.join(format!("registry-{VERSION}"));
    let jar = dir.join(format!("apicurio-registry-app-{VERSION}-runner.jar"));
    fs::create_dir_all(&cache).at("creating", &cache)?;
    let lock = cache.join("registry.lock");
    let lock = File::create(&lock).at("creating", &lock)?;
    lock.lock().at("locking", &cache)?;
    if jar.is_file() {
        return Ok(jar);
    }
    let partial = cache.join(format!("registry-{VERSION}.partial"));
    for old in [&partial, &dir] {
        if old.exists() {
            fs::remove_dir_all(old).at("removing", old)?;
        }
    }
    eprintln!("fetching Apicurio Registry {VERSION} from Maven Central into {}", dir.display());
    let status = Command::new("mvn")
        .args(["-q", "-B", "-Dstyle.color=never", "dependency:unpack"])
        .arg(format!("-Dartifact=io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"))
        .arg(format!("-DoutputDirectory={}", partial.display()))
        .status()
        .running("mvn")?;
    if !status.success() {
        let text = format!("Maven did not fetch the registry ({status}): is Maven Central there?");
        return Err(Failure::new(text));
    }
    fs::rename(&partial, &dir).at("renaming", &partial)?;
    Ok(jar)
}
