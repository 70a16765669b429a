import type { Shell } from './shells.js';

/** The programs that are completed. */
const programNames = ['civitdl', 'civitconfig'] as const;

/**
 * Returns the completion script of a shell. It contains neither options nor values: it asks `civitconfig complete` for
 * them, so that those of a newer version, and new aliases and sorters, are completed in shells that are open.
 */
export function completionScript(shell: Shell): string {
  return `# To enable completion in every new shell, add this to ${STARTUP[shell]}\n${SCRIPTS[shell]}`;
}

const STARTUP: Readonly<Record<Shell, string>> = {
  // In bash 3.2, `source` reads nothing from a substituted process.
  bash: '~/.bashrc: eval "$(civitconfig completion bash)"',
  zsh: '~/.zshrc, after compinit: source <(civitconfig completion zsh)',
  fish: '~/.config/fish/config.fish: civitconfig completion fish | source',
  powershell: '$PROFILE: civitconfig completion powershell | Out-String | Invoke-Expression',
};

/** Works with bash 3.2, the one of macOS: it has no `mapfile`, and no `compopt`. */
const BASH = `_civitdl_complete() {
  local kind= space= rest= line=
  COMPREPLY=()
  {
    read -r kind space rest
    while IFS= read -r line; do COMPREPLY+=("$line"); done
  } < <(civitconfig complete bash "$1" -- "\${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
  if [[ $kind == files ]]; then
    # Without words, bash completes files itself.
    if ((\${#COMPREPLY[@]} > 0)); then
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
      compopt -o filenames 2>/dev/null
    fi
  elif [[ $kind == values ]]; then
    compopt +o default 2>/dev/null
  fi
  if [[ $space == nospace ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}
${programNames.map((name) => `_${name}() { _civitdl_complete ${name} "$2"; }`).join('\n')}
${programNames.map((name) => `complete -o default -F _${name} ${name}`).join('\n')}
`;

const ZSH = `_civitdl_complete() {
  local -a answer head matches space
  answer=("\${(@f)$(civitconfig complete zsh "$1" -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  head=("\${(@ps:\\t:)answer[1]}")
  matches=("\${(@)answer[2,-1]}")
  [[ $head[2] == nospace ]] && space=(-S '')
  compset -p \${#head[3]}
  local result=1
  (( $#matches )) && _describe -t values value matches "\${space[@]}" && result=0
  [[ $head[1] == files ]] && _files && result=0
  return result
}
${programNames.map((name) => `_${name}() { _civitdl_complete ${name} }`).join('\n')}
${programNames.map((name) => `compdef _${name} ${name}`).join('\n')}
`;

const FISH = `function __civitdl_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l answer (civitconfig complete fish $argv[1] -- $words "$current" 2>/dev/null)
    set -q answer[1]; or return
    set -l head (string split \\t -- $answer[1])
    set -e answer[1]
    set -q answer[1]; and printf '%s\\n' $answer
    test "$head[1]" = files; or return
    # The start of an option, --output=, is no part of the path.
    set -l path (string sub -s (math (string length -- "$head[3]") + 1) -- "$current")
    printf '%s\\n' "$head[3]"(complete -C "'' $path")
end
${programNames.map((name) => `complete -c ${name} -f -a '(__civitdl_complete ${name})'`).join('\n')}
`;

/**
 * The words go through the environment, because Windows PowerShell loses quotation marks in arguments of programs, and
 * the answer is UTF-8 whatever the code page of the console is.
 */
const POWERSHELL = `Register-ArgumentCompleter -Native -CommandName @('${programNames.join("', '")}') -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = [System.IO.Path]::GetFileNameWithoutExtension($commandAst.GetCommandName())
    $words = @()
    $current = ''
    foreach ($element in @($commandAst.CommandElements | Select-Object -Skip 1)) {
        $extent = $element.Extent
        $text = $extent.Text
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $text = $element.Value }
        if ($extent.EndOffset -lt $cursorPosition) { $words += $text }
        elseif ($extent.EndOffset -eq $cursorPosition) { $current = $text }
        elseif ($extent.StartOffset -lt $cursorPosition) {
            $current = $extent.Text.Substring(0, $cursorPosition - $extent.StartOffset)
        }
    }
    $encoding = [Console]::OutputEncoding
    $answer = @()
    try {
        [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding
        $env:CIVITDL_COMPLETION = ($words + $current) -join "\`n"
        $answer = @(civitconfig complete powershell $program 2>$null)
    } catch {
    } finally {
        $env:CIVITDL_COMPLETION = $null
        [Console]::OutputEncoding = $encoding
    }
    if ($answer.Count -eq 0) { return }
    $kind, $space, $kept, $typed = $answer[0] -split "\`t"
    foreach ($line in @($answer | Select-Object -Skip 1)) {
        $value, $shown, $description = $line -split "\`t"
        New-Object System.Management.Automation.CompletionResult $value, $shown, 'ParameterValue', $description
    }
    if ($kind -eq 'files') {
        foreach ($file in [System.Management.Automation.CompletionCompleters]::CompleteFilename($typed)) {
            $value = $kept + $file.CompletionText
            New-Object System.Management.Automation.CompletionResult $value, $file.ListItemText, $file.ResultType, $file.ToolTip
        }
    }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };
