#!/bin/sh
# A program that reads and says nothing.
exec cat >/dev/null
