//! Is the broker ready? Asked with one Metadata request on a plain socket.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A broker that takes longer to answer is not ready.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// A Metadata answer without topics is a few hundred bytes; a longer one is not Kafka's.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Metadata (key 3) version 1, correlation id 1, no client id, no topics.
const METADATA_V1: [u8; 18] = [0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0];

/// How many live brokers the broker at `address` lists.
///
/// It lists itself only after the controller has registered and unfenced it, so it is ready for
/// clients once it lists all.
pub(crate) fn live_brokers(address: SocketAddr) -> io::Result<usize> {
    let mut socket = TcpStream::connect_timeout(&address, ANSWER_TIMEOUT)?;
    socket.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    socket.set_write_timeout(Some(ANSWER_TIMEOUT))?;
    socket.write_all(&METADATA_V1)?;
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX_ANSWER_BYTES {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    let mut answer = vec![0; length];
    socket.read_exact(&mut answer)?;
    broker_count(&answer).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// The answer begins with the correlation id and the length of the array of brokers.
fn broker_count(answer: &[u8]) -> Option<usize> {
    let count = answer.get(4..8)?.try_into().ok()?;
    usize::try_from(i32::from_be_bytes(count)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_counted_in_the_answer() {
        assert_eq!(broker_count(&[0, 0, 0, 1, 0, 0, 0, 3, 9, 9]), Some(3));
    }

    #[test]
    fn a_short_or_negative_answer_counts_nothing() {
        assert_eq!(broker_count(&[0, 0, 0, 1, 0, 0]), None);
        assert_eq!(broker_count(&[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
