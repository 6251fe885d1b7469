// What is said of errors in the text of a file and in single values: the codes
// below 300.
#pragma once

#include <array>

#include "syntax/codes.h"

namespace ringfence::syntax {

inline constexpr std::array kTextCodes = {
    CodeEntry{Code::kFileTooLarge, "file is too large",
              "A profile or workload file may have at most 1 MiB. A file of "
              "this size is not written by hand; it was probably given by "
              "mistake, or to exhaust the reader."},
    CodeEntry{Code::kInvalidUtf8, "text is not UTF-8",
              "Files are read as UTF-8 without a byte order mark. The place "
              "named is the first byte that does not belong to a valid "
              "sequence. Save the file as UTF-8."},
    CodeEntry{Code::kNulByte, "NUL byte",
              "A NUL byte ends a string in C and therefore in the kernel: what "
              "stands behind it would be shown here and ignored there. It is "
              "refused in the file and as the escape \\0 in a quoted string."},
    CodeEntry{Code::kControlCharacter, "control character",
              "Control characters, a carriage return that ends no line, and "
              "characters that change the direction of text can make a file "
              "look different from what it says. Remove them, or write them as "
              "an escape in a double-quoted string."},
    CodeEntry{Code::kYamlSyntax, "not valid YAML",
              "The text is not valid YAML 1.2 at the place named. Frequent "
              "causes are a tab used for indentation, a missing space after "
              "`:`, and a bracket or quote that is never closed."},
    CodeEntry{Code::kAnchorOrAlias, "anchor or alias",
              "Anchors (&name) and aliases (*name) are refused: a few nested "
              "ones expand to billions of values, and they hide from a "
              "reviewer what a line means. Write the value out, or use "
              "`extends` and syscall groups. A value that really begins with & "
              "or * needs quotes. In compose files and manifests, which have "
              "them, an alias is a copy; it cannot stand for what it is a part "
              "of."},
    CodeEntry{Code::kTag, "YAML tag",
              "Tags (!name) change the type of a value. Every key here has one "
              "type, so tags are refused. A value that really begins with ! "
              "needs quotes."},
    CodeEntry{Code::kTooDeep, "nested too deeply",
              "Values may be nested at most 32 deep. No file of the language "
              "needs more than ten levels."},
    CodeEntry{
        Code::kTooManyNodes, "too many values",
        "A file may hold at most 50,000 keys and values. The largest profile "
        "that ships has a few hundred."},
    CodeEntry{Code::kSeveralDocuments, "several documents in one file",
              "A file holds one document, so that its name, its digest and its "
              "place in a message are unambiguous. Split it at the line with "
              "`---`."},
    CodeEntry{Code::kEmptyFile, "empty file",
              "The file holds no document: it is empty or has comments only. A "
              "document begins with `kind:`."},
    CodeEntry{Code::kDuplicateKey, "key given twice",
              "YAML readers disagree on which of two equal keys counts, so a "
              "key may be written once. Both places are shown; remove one."},
    CodeEntry{Code::kKeyNotText, "key is not plain text",
              "A key must be a plain or quoted word. Lists, mappings and "
              "nothing at all cannot be keys."},
    CodeEntry{
        Code::kUnknownKind, "unknown kind of document",
        "`kind` says what a file describes: TrustLevel, Workload, Gate... "
        "It must be the exact word."},
    CodeEntry{Code::kUnknownKey, "unknown key",
              "The key does not exist at this place. Unknown keys are refused, "
              "because a misspelt protection would otherwise be no protection. "
              "The nearest known key is suggested where there is one."},
    CodeEntry{
        Code::kMissingKey, "missing key",
        "A mapping lacks a key without which it has no meaning. The error says "
        "what the key is for."},
    CodeEntry{Code::kWrongType, "wrong type",
              "The value is of another type than its key takes: a list instead "
              "of a word, a quoted string instead of a number, and so on."},
    CodeEntry{Code::kNoValue, "key without a value",
              "The key is there and its value is missing, `null` or `~`. "
              "Remove the key to inherit or to take the default; write \"\" "
              "for an empty string and [] for an empty list."},
    CodeEntry{Code::kNotABoolean, "not true or false",
              "A boolean is `true` or `false`, without quotes. YAML 1.1 also "
              "reads yes, no, on and off as booleans; that has turned Norway's "
              "country code into `false` too often."},
    CodeEntry{Code::kUnknownWord, "unknown word",
              "The key takes one of a fixed set of words, and this is none of "
              "them. They are listed with the error."},
    CodeEntry{Code::kBadName, "bad name",
              "Names are used in paths, labels and messages. They begin with a "
              "small letter, go on with small letters, digits and -, and have "
              "at most 63 characters. Names of system calls and constants are "
              "those of the kernel."},
    CodeEntry{Code::kBadNumber, "bad number",
              "The key takes a whole number in decimal digits, within the "
              "bounds that the error names. Nothing is rounded or cut."},
    CodeEntry{Code::kBadId, "bad user or group id",
              "An id is a decimal number from 1 to 4294967294. 0 is never "
              "mapped inside a sandbox, and 4294967295 is the kernel's word "
              "for `no id`."},
    CodeEntry{
        Code::kBadSize, "bad size",
        "A size is a whole number of bytes, or one followed by Ki, Mi, Gi "
        "or Ti (powers of 1024): 64Mi. KB, M and fractions are refused, "
        "because readers disagree on what they mean."},
    CodeEntry{Code::kBadDuration, "bad duration",
              "A duration is a whole number followed by ms, s, m or h: 500ms, "
              "60s, 2m. It is longer than zero and at most one year."},
    CodeEntry{Code::kBadCpu, "bad number of cores",
              "`cpu` takes a number of cores with at most three decimals: 2, "
              "0.5, 1.25. It is greater than zero and at most 4096."},
    CodeEntry{Code::kBadMode, "bad file mode",
              "A mode is a quoted string of four octal digits that begins with "
              "0: \"0700\". Without quotes YAML readers disagree on whether "
              "0700 is octal."},
    CodeEntry{Code::kBadAddress, "bad address",
              "An address is a numeric IPv4 address and a port, "
              "\"127.0.0.1:8080\", or an IPv6 address in brackets and a port, "
              "\"[::1]:8080\". Names are not looked up. Ports go from 1 to "
              "65535."},
    CodeEntry{
        Code::kBadSignal, "bad signal",
        "A signal is given by its name: SIGTERM, SIGINT, SIGQUIT, SIGHUP, "
        "SIGUSR1, SIGUSR2, SIGWINCH or SIGKILL."},
    CodeEntry{
        Code::kBadDate, "bad date",
        "A date is a day of the calendar written as YYYY-MM-DD, with all ten "
        "characters and in the year 2000 or later."},
    CodeEntry{Code::kBadVersion, "bad kernel version",
              "A kernel version is two numbers in quotes: \"6.1\". Without "
              "quotes other YAML readers take 6.10 for 6.1."},
    CodeEntry{
        Code::kBadPath, "bad path",
        "A path inside the sandbox is absolute, has no empty, `.` or `..` "
        "component and does not end in /. Globs and ~ are not "
        "expanded."},
    CodeEntry{Code::kBadEnvironment, "bad name of a variable",
              "The name of an environment variable consists of letters, digits "
              "and _ and does not begin with a digit."},
    CodeEntry{
        Code::kEmptyValue, "empty value",
        "The list or string must not be empty at this place: nothing would be "
        "meant by it."},
    CodeEntry{Code::kWantsQuotes, "value needs quotes",
              "YAML readers take this value for different things when it "
              "stands without quotes. Put it in double quotes."},
};

}  // namespace ringfence::syntax
