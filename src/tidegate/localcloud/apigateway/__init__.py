"""Amazon API Gateway HTTP APIs (version 2): control plane, and a listener for each API that invokes functions."""
