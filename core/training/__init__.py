"""Training and evaluation of the open estimator: development only, needs torch, and never ships in the zip."""
