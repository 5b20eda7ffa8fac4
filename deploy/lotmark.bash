# bash completion for lotmark(1). Needs nothing but bash. tests/e2e/test_deploy_files.py compares it with `--help`.

_lotmark_options() {  # COMMAND
  case $1 in
    init) echo --actor --model ;;
    "manifest complete" | manifest | records) ;;
    add) echo --volume --actor --complete ;;
    list | verify) echo --model --volume --json ;;
    show) echo --model --volume --json --raw ;;
    activate) echo --model --volume --actor --reason ;;
    rollback) echo --model --volume --actor --to --reason ;;
    update) echo --volume --actor --json --service --reason --cacert --timeout --dry-run ;;
    status) echo --volume --json ;;
    history) echo --model --volume --json --all --at --records ;;
    serve)
      echo --model --volume --records --json --config --show-config --listen --allow-remote-unauthenticated --replica
      echo --tls-cert --tls-key --workers --queue --deadline-seconds --max-connections --max-downloads --max-body-mib
      echo --max-bodies-mib --handshake-timeout-seconds --header-timeout-seconds --body-timeout-seconds
      echo --idle-timeout-seconds --write-timeout-seconds --drain-notice-seconds --drain-seconds --log-format
      echo --decode-memory-mib
      ;;
    classify) echo --model --volume --records --actor --json ;;
    trace) echo --volume --records --json ;;
    "records list" | "records events") echo --records --json --limit ;;
    *) echo --version ;;
  esac
  echo --help
}

_lotmark_subcommands() {  # COMMAND
  case $1 in
    "") echo init manifest add list show verify activate rollback update status history serve classify trace records ;;
    manifest) echo complete ;;
    records) echo list events ;;
  esac
}

_lotmark() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    # Words that are no subcommand of what stands before them are options, their values, or positionals.
    [[ " $(_lotmark_subcommands "$command" | tr '\n' ' ') " == *" $word "* ]] && command+=${command:+ }$word
  done

  COMPREPLY=()
  case $previous in
    --volume) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames 2>/dev/null; return ;;
    --actor | --model | --reason | --records | --to | --limit | --at | --service | --timeout) return ;;
    --log-format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current"); return ;;
    --config | --tls-cert | --tls-key | --cacert)
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null; return ;;
    --listen | --replica | --workers | --queue | --max-* | --*-seconds | --decode-memory-mib) return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_lotmark_options "$command")" -- "$current")
    return
  fi
  case $command in
    "" | manifest | records) mapfile -t COMPREPLY < <(compgen -W "$(_lotmark_subcommands "$command")" -- "$current") ;;
    init) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames 2>/dev/null ;;
    add | classify | update | "manifest complete")
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null ;;
  esac
}

complete -F _lotmark lotmark
