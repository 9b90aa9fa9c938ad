#!/bin/bash
# Usage: tests/completion/answers.bash <directory of completions>
# Prints what bash, with git's own completion, offers for each line of standard input: the line's number, a tab and the
# last word as it would be.
for file in /usr/share/bash-completion/completions/git /usr/lib/git-core/git-sh-prompt; do
  if [ -f "$file" ]; then
    # shellcheck disable=SC1090
    . "$file"
  fi
done
declare -f __git_wrap__git_main >/dev/null || {
  echo "git's completion is not installed" >&2
  exit 77
}
# shellcheck source=src/completion/git-mlem
. "$1/git-mlem"

# Outside of a completion that is under way bash has none; what the functions ask of it is done below.
compopt() { [[ $* != *'+o default'* ]] || with_files=no; }

# As readline does, which takes `=` and `:` for words of their own and replaces what is behind them.
complete_line() { # <line>
  local -a COMP_WORDS COMPREPLY=()
  local COMP_CWORD COMP_LINE=$1 COMP_POINT=${#1} with_files=yes typed=${1##* } before='' answer
  mapfile -t COMP_WORDS < <(grep -oE '[=:]+|[^ =:]+' <<<"$1")
  [[ $1 != *[\ =:] ]] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  [[ $typed != *[=:]* ]] || before=${typed%"${typed##*[=:]}"}
  "$(complete -p "${COMP_WORDS[0]}" | sed 's/.* -F \([^ ]*\) .*/\1/')"
  # `-o default`
  if [[ ${#COMPREPLY[@]} = 0 && $with_files = yes ]]; then mapfile -t COMPREPLY < <(compgen -f -- "${typed#"$before"}"); fi
  for answer in "${COMPREPLY[@]}"; do
    # Of files, readline itself looks which are directories.
    [[ $answer == */ || ! -d $answer ]] || answer+=/
    echo "$number	$before${answer% }"
  done
}
number=0
while IFS= read -r line; do
  number=$((number + 1))
  complete_line "$line"
done
