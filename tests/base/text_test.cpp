#include "mediafs/base/text.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(Printable, LeavesPlainTextOfAnyLanguageAlone) {
  for (const std::string_view text :
       {"", "plain \"text\" \\ with 'quotes'", "Straße, 東京, Αθήνα, עברית, 🙂"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, NothingReachesATerminalThatMovesItsCursorOrTurnsALineRound) {
  EXPECT_EQ(printable("a\nb\r\t\x1b[31m\x7f"), "a\\x0ab\\x0d\\x09\\x1b[31m\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\u009b31m"), "\\u{009b}31m");
  EXPECT_EQ(printable("a\u202egpj.exe"), "a\\u{202e}gpj.exe");
  EXPECT_EQ(printable("\u200b\u2028\u2066\u061c\ufeff"), "\\u{200b}\\u{2028}\\u{2066}\\u{061c}\\u{feff}");
  EXPECT_EQ(printable("\U000e0041"), "\\u{e0041}");
}

TEST(Printable, WhatIsNoUtf8StandsThereAsBytes) {
  EXPECT_EQ(printable("\x80"), "\\x80");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(printable("\xe0\x80\xaf!"), "\\xe0\\x80\\xaf!");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xf5\xffz"), "\\xf5\\xffz");
}

TEST(Printable, SeveralLinesStaySeveral) {
  EXPECT_EQ(printable_lines("one\n\ntwo\x1b[2J\r\nthree"), "one\n\ntwo\\x1b[2J\\x0d\nthree");
  EXPECT_EQ(printable_lines("one\n"), "one\n");
  EXPECT_EQ(printable_lines(""), "");
}

TEST(Printable, IsDoneOnceHoweverOftenItIsDone) {
  const std::string once = printable("a\x1b\xff\u202e");
  EXPECT_EQ(printable(once), once);
}

}  // namespace
}  // namespace mediafs
