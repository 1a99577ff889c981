"""The files that run in a container's process, with the interpreter of its environment.

The server imports nothing of this package and starts `adapter` as a script.
"""
