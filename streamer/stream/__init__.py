"""The stream: events in from Kafka; alerts, scores, rejects and rows out to it. The only folder that knows Faust and aiokafka."""
