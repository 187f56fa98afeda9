"""The function inside the VPC that tells what the database is, and the one who asks it."""
