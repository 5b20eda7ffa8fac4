# bash completion for lotmark(1). Needs nothing but bash. tests/e2e/test_deploy_files.py compares it with `--help`.

_lotmark_options() {  # COMMAND
  case $1 in
    init) echo --actor --model ;;
    "manifest complete" | manifest | records | approve | golden) ;;
    add) echo --volume --actor --complete ;;
    list | verify) echo --model --volume --json ;;
    show) echo --model --volume --json --raw ;;
    activate) echo --model --volume --actor --reason ;;
    rollback) echo --model --volume --actor --to --reason ;;
    update) echo --volume --actor --json --service --reason --cacert --timeout --dry-run ;;
    status) echo --volume --json ;;
    "golden run") echo --model --volume --json ;;
    "golden record") echo --json --image --tolerance --replace ;;
    history) echo --model --volume --json --all --at --records ;;
    serve)
      echo --model --volume --records --json --config --show-config --listen --allow-remote-unauthenticated --replica
      echo --tls-cert --tls-key --workers --queue --deadline-seconds --max-connections --max-downloads --max-body-mib
      echo --max-bodies-mib --handshake-timeout-seconds --header-timeout-seconds --body-timeout-seconds
      echo --idle-timeout-seconds --write-timeout-seconds --drain-notice-seconds --drain-seconds --log-format
      echo --decode-memory-mib
      ;;
    classify) echo --model --volume --records --actor --json ;;
    keygen) echo --json --no-passphrase ;;
    "approve sign") echo --key --name --meaning --out --yes ;;
    trace) echo --volume --records --json ;;
    "records list" | "records events") echo --records --json --limit ;;
    *) echo --version ;;
  esac
  echo --help
}

_lotmark_subcommands() {  # COMMAND
  case $1 in
    "") echo init manifest add list show verify activate rollback status history keygen approve serve classify trace records golden update ;;
    manifest) echo complete ;;
    approve) echo sign ;;
    golden) echo run record ;;
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
    --actor | --meaning | --model | --name | --reason | --records | --to | --limit | --tolerance | --at | --service | --timeout) return ;;
    --log-format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current"); return ;;
    --config | --key | --out | --tls-cert | --tls-key | --image | --cacert)
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null; return ;;
    --listen | --replica | --workers | --queue | --max-* | --*-seconds | --decode-memory-mib) return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_lotmark_options "$command")" -- "$current")
    return
  fi
  case $command in
    "" | approve | manifest | records | golden) mapfile -t COMPREPLY < <(compgen -W "$(_lotmark_subcommands "$command")" -- "$current") ;;
    init) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames 2>/dev/null ;;
    add | classify | "approve sign" | "manifest complete" | "golden record" | update)
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null ;;
  esac
}

complete -F _lotmark lotmark
