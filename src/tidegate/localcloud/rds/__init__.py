"""Amazon Aurora: clusters that are real database servers, and snapshots of them."""
