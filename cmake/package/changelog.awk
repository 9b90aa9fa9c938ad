# Makes the changelog of a Debian package, deb-changelog(5), from CHANGELOG.md: what is "Unreleased" there is of the
# version that is packaged. Variables: package, version, maintainer, date (of all entries: CHANGELOG.md has none).
function finish() {
  if (item != "") wrap(item)
  item = ""
}
# Prints an item of a list in lines of at most 79 characters.
function wrap(text, words, count, i, line) {
  count = split(text, words, " ")
  line = "  *"
  for (i = 1; i <= count; i++) {
    if (length(line) + 1 + length(words[i]) > 79) {
      print line
      line = "   "
    }
    line = line " " words[i]
  }
  print line
}
function end_version() {
  finish()
  if (open) printf "\n -- %s  %s\n\n", maintainer, date
}
/^## / {
  end_version()
  of = $2 == "Unreleased" ? version : $2
  printf "%s (%s) unstable; urgency=medium\n\n", package, of
  open = 1
  next
}
/^### / {
  finish()
  if (open) printf "  [ %s ]\n", substr($0, 5)
  next
}
/^- / {
  finish()
  item = substr($0, 3)
  next
}
/^ +[^ ]/ {
  if (item != "") item = item " " $0
  next
}
{ finish() }
END { end_version() }
