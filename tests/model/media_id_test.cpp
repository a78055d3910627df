#include "mediafs/model/media_id.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(MediaId, AcceptsWhatTheGrammarAllows) {
  for (const std::string& text :
       {std::string("05cfc122-15d8-4838-bbf1-7b26a736b2d2"), std::string("0123456789abcdef"),
        std::string("A_b-C_d-E_f-G_h-"), std::string(128, 'z')}) {
    EXPECT_TRUE(MediaId::parse(text).ok()) << text;
  }
}

TEST(MediaId, RefusesEverythingElse) {
  const std::string good(16, 'a');
  for (const std::string& text :
       {std::string(), std::string(15, 'a'), std::string(129, 'a'), "-" + good, "_" + good, "." + good,
        good + ".", good + "/", good + "%2f", good + " ", good + "\n", good + std::string(1, '\0'),
        good + "\xc3\xa9", std::string("autorun.inf"), std::string("../../../../etc/passwd"),
        std::string(10'000, 'a')}) {
    const auto id = MediaId::parse(text);
    ASSERT_FALSE(id.ok()) << text;
    EXPECT_EQ(id.error().code, Errc::not_found);
  }
}

TEST(MediaId, AUuidIsLowerCaseHoweverItIsSpelt) {
  const MediaId id = *MediaId::parse("05cfc122-15d8-4838-bbf1-7b26a736b2d2");
  for (const std::string spelling :
       {"05CFC122-15D8-4838-BBF1-7B26A736B2D2", "05cfc122-15D8-4838-bbf1-7b26a736b2D2"}) {
    EXPECT_EQ(MediaId::parse(spelling)->text(), "05cfc122-15d8-4838-bbf1-7b26a736b2d2");
    EXPECT_EQ(*MediaId::parse(spelling), id);
  }
}

TEST(MediaId, WhatIsNoUuidStaysAsItIs) {
  for (const std::string text :
       {"ABCDEFGH-IJKLMNOP", "05CFC12215D84838BBF17B26A736B2D2", "05CFC122-15D8-4838-BBF1-7B26A736B2D",
        "05CFC122-15D8-4838-BBF1-7B26A736B2D22", "05CFC122_15D8_4838_BBF1_7B26A736B2D2",
        "G5CFC122-15D8-4838-BBF1-7B26A736B2D2"})
    EXPECT_EQ(MediaId::parse(text)->text(), text);
}

}  // namespace
}  // namespace mediafs
