# shellcheck shell=bash
# Mail: postfix takes it, dovecot hands it out, and every server has the same mailboxes.

store=$LAB_STATE/mailboxes

# On real machines: a file system that all servers mount.
make_mail_store() { install -d -o mail -g mail "$store"; }

start_mail_server() {
    local home=$LAB_STATE/$1 file
    mkdir "$home/queue" "$home/postfix"
    install -d -o postfix "$home/data"
    for file in main.cf master.cf; do
        fill "${here:?}/$file" NAME="$1" HOME="$home" STORE="$store" >"$home/postfix/$file"
    done
    at "$1" postfix -c "$home/postfix" start 2>"$home/postfix.out" || die "postfix: $(cat "$home/postfix.out")"
    fill "${here:?}/dovecot.conf" NAME="$1" HOME="$home" STORE="$store" >"$home/dovecot.conf"
    at "$1" dovecot -c "$home/dovecot.conf"
}

check_mail() {
    local i
    rm -rf "${store:?}"/*
    say "six letters to alice, by SMTP"
    for i in 1 2 3 4 5 6; do send_letter "$i"; done >"$LAB_STATE/smtp"
    expect "each server took some" "rs1 rs2 rs3" "$(greeted 220 <"$LAB_STATE/smtp")"
    eventually 30 six_letters_are_there
    echo "  ok: all six are in the mailbox"

    say "POP3 and IMAP: whoever is asked has them all"
    times 3 mailbox pop3 "" >"$LAB_STATE/pop3"
    expect "all servers answer by POP3" "rs1 rs2 rs3" "$(greeted +OK <"$LAB_STATE/pop3")"
    expect "each has six letters" "18" "$(grep -cE '^[0-9]+ [0-9]+' "$LAB_STATE/pop3")"
    times 3 mailbox imap "INBOX?ALL" >"$LAB_STATE/imap"
    expect "all servers answer by IMAP" "rs1 rs2 rs3" "$(greeted '* OK' <"$LAB_STATE/imap")"
    expect "each has six letters" "3" "$(grep -c '^\* SEARCH 1 2 3 4 5 6' "$LAB_STATE/imap")"
    expect "a letter reads as it was written" "letter" \
        "$(at client curl -sS --max-time 10 -u alice:secret "pop3://$VIP/1" | grep -o '^letter')"
}

# What curl says of the conversation, and what it is told.
send_letter() {
    printf 'From: bob@client.test\nTo: alice@farm.test\nSubject: %s\n\nletter %s\n' "$1" "$1" |
        at client curl -svS --max-time 10 "smtp://$VIP/client.test" --mail-from bob@client.test \
            --mail-rcpt alice@farm.test -T - 2>&1
}
mailbox() { at client curl -svS --max-time 10 -u alice:secret "$1://$VIP/$2" 2>&1; }

# greeted HOW: the names that servers greeted with.
greeted() { grep -F "< $1 " | grep -o 'rs[0-9]' | sort -u | paste -sd' '; }

six_letters_are_there() { [[ $(find "$store/alice/new" -type f | wc -l) -eq 6 ]]; }
