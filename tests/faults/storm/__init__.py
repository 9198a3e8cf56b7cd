"""Departments report while everything dies at random; afterwards their books are held against the database."""
