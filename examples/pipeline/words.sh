#!/bin/sh
# The most frequent words of the texts in /work/in, and how many words there
# are.
set -eu
cd /work/in
find . -name '*.txt' -print0 | sort -z | xargs -0 cat |
  tr -cs '[:alpha:]' '\n' | tr '[:upper:]' '[:lower:]' | grep . |
  tee /work/out/words | sort | uniq -c | sort -k 1nr -k 2 | head -n 3 |
  awk '{ print $2, $1 }'
gzip -9 </work/out/words | gunzip | wc -l
