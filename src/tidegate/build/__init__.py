"""Images and site bundles: built once, named by digest."""
