"""Who can animate a still: one folder or file per provider, all behind the contract in `base`."""
