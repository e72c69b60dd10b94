"""REST as a view of the contract: every route comes from a `google.api.http` annotation."""
