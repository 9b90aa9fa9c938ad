# fish 3.6.0 means to ask the completion of `git-mlem` for that of `git mlem`, but looks for `git git-mlem`; later ones do.
complete -c git -f -n '__fish_git_using_command mlem' -a '(__fish_git_complete_custom_command mlem)'
