"""Middleware, a module a framework: request ids, access log, the standard error answer."""
