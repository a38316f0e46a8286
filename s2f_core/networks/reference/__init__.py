"""Checkpoints of the reference implementation of pix2pix and CycleGAN."""
