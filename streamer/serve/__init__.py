"""The read side: scores and alerts from Kafka come in, a view in Redis is kept, an HTTP API over it leaves."""
