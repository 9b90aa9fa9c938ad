# Has this zsh note in $answers what it completes: sourced by the one at the terminal of answers.zsh.
autoload -Uz compinit
compinit -u -d $answers.dump
bindkey -e
bindkey '^I' list-choices
setopt no_beep
compadd() {
  # Those that only fill arrays, as _describe does beforehand, offer nothing.
  if [[ ${argv[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a hits before folder after quick
  builtin compadd -A hits "$@"
  zparseopts -E -- P:=before p:=folder S:=after q=quick
  local hit word
  for hit in $hits; do
    word=$IPREFIX${before[2]}${folder[2]}$hit
    # zsh itself looks which files are directories.
    [[ $word == */ || ! -d $word ]] || word+=/
    print -r -- "$number	$word" >>$answers
    # One that goes away if a blank is typed.
    [[ $after[2] != '=' ]] || print -r -- "$number	$word=" >>$answers
  done
  builtin compadd "$@"
}
end-line() {
  print -r -- "end $number" >>$answers
  BUFFER=
  (( ++number ))
}
zle -N end-line
bindkey '^Xe' end-line
number=1
print ready >>$answers
