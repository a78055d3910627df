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

}  // namespace
}  // namespace mediafs
