//! A proxy between application and brokers that delays, cuts, holds and swallows.
//!
//! It reads the frames of Kafka's protocol: to tell the answer to EndTxn from others, and to put its
//! own ports where the brokers' answers name theirs, so that every connection comes through it.

use std::collections::HashMap;
use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

/// What the proxy does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// Passes everything on.
    #[default]
    Fair,
    /// Passes every frame on after so long.
    Slow(Duration),
    /// Passes nothing on; what comes meanwhile is passed on later.
    BlackHole,
    /// Swallows the answers to EndTxn; `cut` breaks the connection instead of staying silent.
    SwallowEndTxn {
        /// See above.
        cut: bool,
    },
}

/// See the module.
#[derive(Clone)]
pub struct Proxy(Arc<Shared>);

struct Shared {
    /// Each broker's port, and the proxy's before it.
    ports: Vec<(u16, u16)>,
    weather: Mutex<Weather>,
    connections: Mutex<Vec<TcpStream>>,
    swallowed: AtomicU64,
    stop: AtomicBool,
}

const END_TXN: i16 = 26;
const HOST: &[u8] = b"127.0.0.1";
/// How often a black hole looks whether it still is one.
const LOOK: Duration = Duration::from_millis(5);
/// Frames are smaller by far; a larger one is not of this protocol.
const MOST: usize = 256 << 20;

impl Proxy {
    /// A proxy before brokers on this machine.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn start(brokers: &[SocketAddr]) -> Result<Self> {
        let listen = |_: &SocketAddr| TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listeners = brokers.iter().map(listen).collect::<Result<Vec<_>>>()?;
        let ports = brokers.iter().zip(&listeners);
        let ports = ports.map(|(b, l)| Ok((b.port(), l.local_addr()?.port())));
        let shared = Arc::new(Shared {
            ports: ports.collect::<Result<_>>()?,
            weather: Mutex::default(),
            connections: Mutex::default(),
            swallowed: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        for (broker, listener) in brokers.iter().copied().zip(listeners) {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    if shared.stop.load(Ordering::Acquire) {
                        return;
                    }
                    // A broker that is away is a client's connection that breaks.
                    if let Ok(server) = TcpStream::connect(broker) {
                        let _ = serve(&shared, client, server);
                    }
                }
            });
        }
        Ok(Self(shared))
    }

    /// Where clients connect.
    pub fn address(&self) -> String {
        let address = |(_, port): &(u16, u16)| format!("127.0.0.1:{port}");
        self.0.ports.iter().map(address).collect::<Vec<_>>().join(",")
    }

    /// Changes what it does.
    pub fn set(&self, weather: Weather) {
        *self.0.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    /// Breaks all connections there are.
    pub fn reset(&self) {
        for connection in
            self.0.connections.lock().unwrap_or_else(PoisonError::into_inner).drain(..)
        {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// How many answers to EndTxn were swallowed.
    pub fn swallowed(&self) -> u64 {
        self.0.swallowed.load(Ordering::Acquire)
    }
}

impl Shared {
    fn weather(&self) -> Weather {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a frame as long as the weather says.
    fn weather_the(&self) {
        match self.weather() {
            Weather::Slow(time) => sleep(time),
            Weather::BlackHole => {
                while self.weather() == Weather::BlackHole {
                    sleep(LOOK);
                }
            }
            Weather::Fair | Weather::SwallowEndTxn { .. } => {}
        }
    }
}

/// The requests of a connection that wait for their answers: correlation id to kind.
type Waiting = Arc<Mutex<HashMap<i32, i16>>>;

fn serve(shared: &Arc<Shared>, client: TcpStream, server: TcpStream) -> Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    {
        let mut all = shared.connections.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(client.try_clone()?);
        all.push(server.try_clone()?);
    }
    let waiting = Waiting::default();
    let there =
        (Arc::clone(shared), Arc::clone(&waiting), client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let (shared, waiting, from, to) = there;
        let _ = requests(&shared, &waiting, &from, &to);
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        let _ = answers(&shared, &waiting, &server, &client);
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
    });
    Ok(())
}

fn frame(mut from: &TcpStream) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let bytes = usize::try_from(i32::from_be_bytes(length)).unwrap_or(0);
    if bytes > MOST {
        return Err(std::io::Error::other("not a frame of Kafka's protocol"));
    }
    let mut frame = length.to_vec();
    frame.resize(4 + bytes, 0);
    from.read_exact(frame.get_mut(4..).unwrap_or_default())?;
    Ok(frame)
}

fn requests(
    shared: &Shared,
    waiting: &Waiting,
    from: &TcpStream,
    mut to: &TcpStream,
) -> Result<()> {
    loop {
        let frame = frame(from)?;
        if let Some([_, _, _, _, k0, k1, _, _, c0, c1, c2, c3]) = frame.first_chunk::<12>() {
            let id = i32::from_be_bytes([*c0, *c1, *c2, *c3]);
            let kind = i16::from_be_bytes([*k0, *k1]);
            waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, kind);
        }
        shared.weather_the();
        to.write_all(&frame)?;
    }
}

fn answers(shared: &Shared, waiting: &Waiting, from: &TcpStream, mut to: &TcpStream) -> Result<()> {
    loop {
        let mut frame = frame(from)?;
        let id = frame.get(4..8).and_then(|b| b.try_into().ok()).map_or(0, i32::from_be_bytes);
        let kind = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let (Some(END_TXN), Weather::SwallowEndTxn { cut }) = (kind, shared.weather()) {
            shared.swallowed.fetch_add(1, Ordering::AcqRel);
            if cut {
                return Ok(());
            }
            continue;
        }
        shared.weather_the();
        replace_ports(&mut frame, &shared.ports);
        to.write_all(&frame)?;
    }
}

/// A broker's address is its host as text, then its port in four bytes.
fn replace_ports(frame: &mut [u8], ports: &[(u16, u16)]) {
    let size = HOST.len() + 4;
    let mut from = 0;
    while let Some(rest) = frame.get_mut(from..)
        && let Some(at) = rest.windows(size).position(|w| w.starts_with(HOST))
    {
        if let Some(port) = rest.get_mut(at + HOST.len()..at + size) {
            let is_named = |(broker, _): &&(u16, u16)| i32::from(*broker).to_be_bytes() == port;
            if let Some((_, proxy)) = ports.iter().find(is_named) {
                port.copy_from_slice(&i32::from(*proxy).to_be_bytes());
            }
        }
        from += at + HOST.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_a_broker_in_an_answer_becomes_the_proxys_once() {
        let address = |port: u16| [HOST, &i32::from(port).to_be_bytes()].concat();
        let frame =
            |a: u16, b: u16| [&b"xy"[..], &address(a), b"z", &address(b), b"127.0.0.1"].concat();
        let mut answer = frame(9092, 9093);
        replace_ports(&mut answer, &[(9092, 9093), (9093, 1234), (9094, 7)]);
        assert_eq!(answer, frame(9093, 1234));
        replace_ports(&mut answer, &[(9092, 1)]);
        assert_eq!(answer, frame(9093, 1234));
    }
}
