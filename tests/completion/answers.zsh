#!/usr/bin/env zsh
# Usage: tests/completion/answers.zsh <directory of completions>
# As answers.bash, in zsh: one of its own at a terminal completes, and compadd notes what it is given.
zmodload zsh/zpty || exit 77
answers=$(mktemp)
trap 'rm -f $answers $answers.dump' EXIT
zpty shell zsh -f -i
zpty -w shell "PROMPT= RPROMPT= fpath=(${(q)1} \$fpath) answers=${(q)answers} number=0; unset zle_bracketed_paste"
zpty -w shell "source ${(q)${0:A:h}}/record.zsh"
# What is printed is not looked at, but somebody has to read it.
wait_for() { # <pattern in the notes>
  local -F deadline=$(( SECONDS + 60 ))
  until grep -q -- $1 $answers; do
    zpty -rt shell rest >/dev/null
    (( SECONDS < deadline )) || { print -u2 "zsh does not answer: $rest"; exit 1 }
    sleep 0.01
  done
}
typeset -F SECONDS
wait_for '^ready'
integer number=0
while IFS= read -r line; do
  (( ++number ))
  zpty -w -n shell $line$'\t'$'\x18e'
  wait_for "^end $number\$"
done
sed -n '/	/p' $answers
