"""The software inventory: what manifests, lockfiles, images and workflows say the software is made of."""
