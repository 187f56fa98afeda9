"""What the embedded cloud needs before a first deployment, created so that a second time changes nothing.

One file a noun; `environments.provision` is the entry.
"""
