# Completion of `git mlem` in fish, whose own of git asks that of `git-mlem`. Commands and options are those that the
# program prints; what one of them takes is told by the name that it has there, such as `<rev>`.

# The repository that the words on the line name, if they name one.
function __git_mlem_source
    set -l source (__git_mlem_given -s --source-project --sp --source-repo --sr -p --project)
    or return
    # This fails where it replaces nothing.
    string replace -r '^~(?=/|$)' -- $HOME $source
    return 0
end

# The value that one of these options has on the line.
function __git_mlem_given
    set -l found
    for i in (seq (count $__git_mlem_words))
        set -l name (string replace -r '=.*' '' -- $__git_mlem_words[$i])
        contains -- $name $argv
        or continue
        if string match -q -- '*=*' $__git_mlem_words[$i]
            set found (string replace -r '^[^=]*=' '' -- $__git_mlem_words[$i])
        else if set -q __git_mlem_words[(math $i + 1)]
            set found $__git_mlem_words[(math $i + 1)]
        end
    end
    set -q found[1]
    and echo -- $found
end

function __git_mlem_refs # <prefix of refs>…
    set -l before (string match -r '^.*\.\.\.?' -- $__git_mlem_current; or echo)
    printf '%s\n' $before(git for-each-ref --format='%(refname:short)' $argv 2>/dev/null)
end

# What a commit has below the directory that is typed.
function __git_mlem_tree # <tree-ish> <path>
    # Not even a partial clone asks its server.
    set -l below (string match -r '^.*/' -- $argv[2])
    GIT_ALLOW_PROTOCOL=none git -c core.quotePath=false ls-tree --full-tree $argv[1] -- $below 2>/dev/null |
        string replace -r '^\d+ tree \S+\t(.*)' '$1/' | string replace -r '^\d+ \S+ \S+\t' ''
end

function __git_mlem_links
    set -l below (string match -r '^.*/' -- $__git_mlem_current; or echo)
    # Of what is in a directory below, its name.
    git -c core.quotePath=false ls-files -- "$below*.mlem" 2>/dev/null |
        string replace -r -- '^('(string escape --style=regex -- $below)'[^/]*/).*' '$1' | uniq
end

function __git_mlem_repositories
    git grep --cached -hE '^(repo|project): [^"\']' -- '*.mlem' 2>/dev/null | string replace -r '^\w+: ' '' | sort -u
    __fish_complete_directories $__git_mlem_current ''
end

function __git_mlem_object
    if set -l source (__git_mlem_source)
        git mlem complete --below=(string match -r '^.*/' -- $__git_mlem_current; or echo) \
            --rev=(__git_mlem_given -r --rev; or echo HEAD) -- $source 2>/dev/null
    else if string match -qr '^[^:]+:' -- $__git_mlem_current
        set -l rev (string replace -r ':.*' '' -- $__git_mlem_current)
        printf '%s\n' $rev:(__git_mlem_tree $rev (string replace -r '^[^:]*:' '' -- $__git_mlem_current))
    else
        __fish_complete_path $__git_mlem_current
    end
end

function __git_mlem_operand # <usage> <command>
    if contains -- -- $__git_mlem_words
        __git_mlem_links
        return
    end
    if string match -qr '^ [a-z]' -- $argv[1]
        # The steps of a command that has some, such as `bundle`, or what the one takes that is on the line.
        set -l usages (git mlem $argv[2] -h 2>/dev/null | string match -gr '^(?:usage|   or): git mlem \S* ([a-z].*)')
        for word in $__git_mlem_words
            set -l usage (string match -gr -- '^'(string escape --style=regex -- $word)'( .*)' $usages)
            and __git_mlem_operand $usage[1] $argv[2]
            and return
        end
        printf '%s\n' (string replace -r ' .*' '' -- $usages)
        return
    end
    switch $argv[1]
        case '*<file> [<dir>]*'
            __fish_complete_path $__git_mlem_current
        case '*<a>*' '*<range>*' '*<tree-ish>*' '*[<ref>]*'
            __git_mlem_refs refs/heads refs/tags refs/remotes
        case '*<object>*' '*<source>*'
            __git_mlem_object
        case '*<repo>[*'
            __git_mlem_repositories
        case '*[<dir>]*' '*] <dir>'
            __fish_complete_directories $__git_mlem_current ''
        case '*<name> [<args>*'
            git mlem install --manual 2>/dev/null | string match -gr '^([a-z-]+):$'
            git mlem install --manual --server 2>/dev/null | string match -gr '^([a-z-]+):$'
        case '*<link>*' '*<pathspec>*'
        case '*'
            __fish_complete_path $__git_mlem_current
    end
    switch $argv[1]
        case '*<link>*' '*<pathspec>*'
            __git_mlem_links
    end
end

function __git_mlem_value # <command> <option> <name of its value>
    switch "$argv[2] $argv[3]"
        case '--bom *'
            echo cyclonedx
        case '--color *'
            printf '%s\n' always never auto
        case '--deep *'
            printf '%s\n' size hash
        case '--exit-code *'
            echo breaking
        case '--layout *'
            printf '%s\n' mlem hf-cache
        case '--porcelain *'
            echo v1
        case '--to rev'
            # That of `update` is one of the sources.
            test $argv[1] = update
            or __git_mlem_refs refs/heads refs/tags refs/remotes
        case '* rev'
            if set -l source (__git_mlem_source)
                git mlem complete -- $source 2>/dev/null
            else
                __git_mlem_refs refs/heads refs/tags
            end
        case '* ref' '* rev or date'
            __git_mlem_refs refs/heads refs/tags refs/remotes
        case '* branch'
            __git_mlem_refs refs/heads
        case '* dir'
            __fish_complete_directories $__git_mlem_current ''
        case '* file'
            __fish_complete_path $__git_mlem_current
        case '* repo' '* url'
            __git_mlem_repositories
        case '*|*'
            string split '|' -- $argv[3]
    end
end

# The options of a command, a line each: short name, name, whether the value may be absent, its name, what it does.
function __git_mlem_options
    git mlem $argv[1] -h 2>/dev/null | sed -n -E '/^    -/{
    /[^ ]  +[^ ]/!{N;s/\n +/  /;}
    s/^    ((-[a-zA-Z]), )?(--[a-z-]+)(\[=| )?(<([^>]*)>\]?)? +(.*)/\2:\3:\4:\6:\7/p
  }'
end

# What may stand in place of the word at the cursor, which has more to it behind a tab.
function __git_mlem_complete
    set -g __git_mlem_words (commandline -opc)
    set -g __git_mlem_current (commandline -ct)
    set -e __git_mlem_words[1]
    while string match -qr '^(-q|-v|--quiet|--verbose)$' -- $__git_mlem_words[1]
        set -e __git_mlem_words[1]
    end
    set -l command $__git_mlem_words[1]
    if not set -q __git_mlem_words[1]
        if string match -q -- '-*' $__git_mlem_current
            printf '%s\n' --help --version --quiet --verbose
        else
            git mlem 2>/dev/null | string match -r '^   [a-z-]+ .*' | string replace -r '^   (\S+) +' '$1\t'
            printf 'help\tOpen the manual\n'
        end
        return
    end
    if test $command = help
        git mlem 2>/dev/null | string match -r '^   [a-z-]+ .*' | string replace -r '^   (\S+) +' '$1\t'
        git mlem 2>/dev/null | string match -gr '^\'git mlem help \[<command> \| (.*)\]\'' | string split ' | '
        return
    end
    set -e __git_mlem_words[1]
    set -l before ''
    set -l asked ''
    if string match -qr '^--[a-z-]+=' -- $__git_mlem_current
        set before (string match -r '^--[a-z-]+=' -- $__git_mlem_current)
        set asked (string trim -r -c = -- $before)
        set __git_mlem_current (string replace -r '^[^=]*=' '' -- $__git_mlem_current)
    else if set -q __git_mlem_words[1]
        set asked $__git_mlem_words[-1]
    end
    set -l is_option
    if string match -q -- '-*' $__git_mlem_current; and test -z "$before"; and not contains -- -- $__git_mlem_words
        set is_option yes
    end
    __git_mlem_options $command | while read -d : -l short long form value about
        set -l names (string match -v '' -- $short) $long (string match -gr '\(also (.*)\)' -- $about | string split ', ')
        if test -n "$value"; and contains -- $asked $names; and test -n "$before" -o "$form" != '[='
            set -l answers (__git_mlem_value $command $long $value)
            printf '%s\n' $before$answers
            return
        end
        test -n "$is_option"
        and for name in $names
            printf '%s\t%s\n' $name $about
            if test -n "$value"; and string match -q -- '--*' $name
                printf '%s=\t%s\n' $name $about
            end
        end
    end
    test -z "$before$is_option"
    and __git_mlem_operand (git mlem $command -h 2>/dev/null | string match -gr '^usage: git mlem \S*(.*)') $command
end

complete -c git-mlem -f -a '(__git_mlem_complete)'
