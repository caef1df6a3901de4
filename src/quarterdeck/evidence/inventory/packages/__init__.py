"""Packages of the JVM, .NET, Go, Ruby, PHP and Rust."""
