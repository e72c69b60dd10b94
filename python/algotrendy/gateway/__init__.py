"""The way in: REST transcoded from the contract, its documentation, and who may call what."""
