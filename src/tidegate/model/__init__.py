"""The words of Tidegate as frozen values: no I/O and no clock. Every other layer may import them."""
