"""Trains the paper's estimator on a frozen backbone's features of real videos, with AMASS for the discriminator."""
