//! Apache Kafka, through librdkafka.
