//! Murmur3, 128 bits, as Kafka Streams hashes a left row's value in a foreign-key join
//! (`org.apache.kafka.streams.state.internals.Murmur3.hash128`).

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

/// The seed that Kafka Streams hashes with.
const SEED: u64 = 104_729;

/// The hash of `data`, as it is written: two numbers of 8 bytes, big endian.
pub(crate) fn hash128(data: &[u8]) -> [u8; 16] {
    let (first, second) = with_seed(data, SEED);
    let mut bytes = [0; 16];
    let (high, low) = bytes.split_at_mut(8);
    high.copy_from_slice(&first.to_be_bytes());
    low.copy_from_slice(&second.to_be_bytes());
    bytes
}

fn with_seed(data: &[u8], seed: u64) -> (u64, u64) {
    let (mut h1, mut h2) = (seed, seed);
    let (blocks, rest) = data.as_chunks::<16>();
    for block in blocks {
        let (k1, k2) = halves(block);
        h1 ^= mix_first(k1);
        h1 = h1.rotate_left(27).wrapping_add(h2);
        h1 = h1.wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= mix_second(k2);
        h2 = h2.rotate_left(31).wrapping_add(h1);
        h2 = h2.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    // Bytes that are not there are 0, and a half of zeros mixes to 0.
    let mut last = [0; 16];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let (k1, k2) = halves(&last);
    h2 ^= mix_second(k2);
    h1 ^= mix_first(k1);
    h1 ^= data.len() as u64;
    h2 ^= data.len() as u64;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = finish(h1);
    h2 = finish(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2)
}

fn halves(block: &[u8; 16]) -> (u64, u64) {
    let block = u128::from_le_bytes(*block);
    (block as u64, (block >> 64) as u64)
}

fn mix_first(k: u64) -> u64 {
    k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix_second(k: u64) -> u64 {
    k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finish(mut h: u64) -> u64 {
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of Kafka Streams' own Murmur3Test.
    #[test]
    fn hashes_are_those_of_kafka_streams() {
        let cases: [(&[u8], i64, i64); 6] = [
            (b"21", 5_857_341_059_704_281_894, -5_288_187_638_297_930_763),
            (b"foobar", -351_361_463_397_418_609, 8_959_716_011_862_540_668),
            (b"a-little-bit-long-string", 8_836_256_500_583_638_442, -198_172_363_548_498_523),
            (b"a-little-bit-longer-string", 1_838_346_159_335_108_511, 8_794_688_210_320_490_705),
            (
                b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -4_024_021_876_037_397_259,
                -1_482_317_706_335_141_238,
            ),
            (b"abc", 1_489_494_923_063_836_066, -5_440_978_547_625_122_829),
        ];
        for (data, first, second) in cases {
            let (h1, h2) = with_seed(data, 123);
            assert_eq!((h1 as i64, h2 as i64), (first, second));
        }
    }
}
