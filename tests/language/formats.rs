use streams::RecordRef;
use streams::prelude::*;

use crate::s;

/// Numbers as decimal text.
pub enum Decimal {}

impl streams::format::Encode<i64> for Decimal {
    fn encode(value: &i64, out: &mut Vec<u8>) -> streams::Result<()> {
        out.extend_from_slice(value.to_string().as_bytes());
        Ok(())
    }
}

impl<'a> streams::format::Decode<'a, i64> for Decimal {
    fn decode(bytes: &'a [u8]) -> streams::Result<i64> {
        let text = std::str::from_utf8(bytes).ok().and_then(|t| t.parse().ok());
        text.ok_or_else(|| streams::Error::new(streams::ErrorKind::Decode, "not a number"))
    }
}

#[topology]
mod wire {
    use super::Decimal;

    #[derive(Serialize, Deserialize)]
    pub struct Order {
        pub id: u32,
    }

    topology! {
        format = json;
        source orders: stream<i32, Order> = "orders";
        sink ids: stream<i32, i64> = "ids", format = Decimal;
        sink raw: stream<Vec<u8>, Vec<u8>> = "raw";

        orders.map_values(|o| i64::from(o.id)).to(ids);
        orders.map(|k, o| (k.to_le_bytes().to_vec(), vec![o.id as u8])).to(raw);
    }
}

#[test]
fn each_boundary_writes_its_own_format() {
    let mut driver = wire::test_driver();
    let record = RecordRef::new(0, 7, Some(&[0, 0, 1, 2]), Some(br#"{"id":5}"#));
    driver.pipe("orders", &record).unwrap();
    let mut seen = Vec::new();
    for topic in ["ids", "raw"] {
        driver
            .read(topic, |cause, r| {
                seen.push((cause, r.key.unwrap().to_vec(), r.value.unwrap().to_vec()));
                Ok(())
            })
            .unwrap();
    }
    assert_eq!(seen, [(0, vec![0, 0, 1, 2], b"5".to_vec()), (0, vec![2, 1, 0, 0], vec![5])]);
    driver.orders().pipe(3, wire::Order { id: 6 }, 8).unwrap();
    assert_eq!(driver.ids().read_key_values().unwrap(), [(3, 6)]);
    let _ = s("");
}
