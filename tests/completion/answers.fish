#!/usr/bin/env fish
# Usage: tests/completion/answers.fish <directory of completions>
# As answers.bash, in fish.
set -g fish_complete_path $argv[1] $fish_complete_path
source $argv[1]/fish-conf/git-mlem.fish
set -l number 0
while read -l line
    set number (math $number + 1)
    printf "$number\t%s\n" (complete -C $line | string replace -r '\t.*' '')
end
