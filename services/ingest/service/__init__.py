"""What ingest does, apart from HTTP and AMQP: the door and the checking of files."""
