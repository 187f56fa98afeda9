"""How every function of this product reaches its Aurora database. Both images hold this folder."""
