#include "cache/keyring.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class KeyringTest : public testing::Test {
 protected:
  KeyringTest() { path_ = std::string(::mkdtemp(folder_.data())) + "/keyring"; }
  ~KeyringTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Keyring> make() {
    auto made = Keyring::create(path_, SecretString("secret"), SecretString("api-key"));
    EXPECT_TRUE(made.ok());
    return *std::move(made);
  }
  Result<std::unique_ptr<Keyring>> open(const std::vector<std::string>& texts = {"secret"}) const {
    std::vector<SecretString> secrets;
    for (const std::string& text : texts) secrets.emplace_back(text);
    return Keyring::open(path_, secrets);
  }
  static std::string in(const Keyring& keyring, KeySlot slot) {
    const auto key = keyring.key_in(slot);
    return key ? to_hex(key->view()) : "none";
  }
  std::string content() const {
    std::stringstream out;
    out << std::ifstream(path_, std::ios::binary).rdbuf();
    return out.str();
  }
  void put_content(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

  std::string folder_ = testing::TempDir() + "mediafs-keyring-XXXXXX";
  std::string path_;
};

TEST_F(KeyringTest, KeysComeBackAfterAReopen) {
  auto keyring = make();
  const KeySlot one = *keyring->add();
  const KeySlot two = *keyring->add();
  const std::string first = in(*keyring, one);
  EXPECT_NE(first, in(*keyring, two));
  const std::string cache_key = to_hex(keyring->cache_key().view());
  keyring = *open();
  EXPECT_EQ(in(*keyring, one), first);
  EXPECT_EQ(to_hex(keyring->cache_key().view()), cache_key);
  EXPECT_EQ(in(*keyring, KeySlot{5'000'000}), "none");
}

TEST_F(KeyringTest, ADestroyedKeyIsNowhere) {
  auto keyring = make();
  const KeySlot slot = *keyring->add();
  const std::string wrapped = content().substr(4096 + 64 * static_cast<std::size_t>(slot), 60);
  ASSERT_TRUE(keyring->destroy({&slot, 1}, Sync::yes).ok());
  EXPECT_EQ(in(*keyring, slot), "none");
  EXPECT_EQ(content().find(wrapped), std::string::npos);
  EXPECT_EQ(in(**open(), slot), "none");
}

TEST_F(KeyringTest, ManyKeysGetSlotsOfTheirOwn) {
  auto keyring = make();
  std::unordered_set<KeySlot> slots;
  for (int i = 0; i < 3'000; ++i) slots.insert(*keyring->add());
  EXPECT_EQ(slots.size(), 3'000U);
  keyring = *open();
  for (const KeySlot slot : slots) ASSERT_NE(in(*keyring, slot), "none");
}

TEST_F(KeyringTest, WhatNobodyUsesIsDestroyedAndItsSlotUsedAgain) {
  auto keyring = make();
  const KeySlot kept = *keyring->add();
  const KeySlot lost = *keyring->add();
  keyring = *open();
  ASSERT_TRUE(keyring->keep_only({kept}).ok());
  EXPECT_NE(in(*keyring, kept), "none");
  EXPECT_EQ(in(*keyring, lost), "none");
  std::unordered_set<KeySlot> slots;
  for (int i = 0; i < 1'023; ++i) slots.insert(*keyring->add());
  EXPECT_TRUE(slots.contains(lost));
  EXPECT_FALSE(slots.contains(kept));
}

TEST_F(KeyringTest, AnyOfTheSecretsOpensItAndNoOther) {
  make();
  EXPECT_TRUE(open({"newer", "secret"}).ok());
  const auto refused = open({"wrong"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::denied);
}

TEST_F(KeyringTest, WrappedAnewItOpensUnderTheNewSecretAlone) {
  auto keyring = make();
  const KeySlot slot = *keyring->add();
  const KeySlot gone = *keyring->add();
  ASSERT_TRUE(keyring->destroy({&gone, 1}, Sync::no).ok());
  const std::string key = in(*keyring, slot);
  EXPECT_FALSE(keyring->is_under(SecretString("newer")));
  ASSERT_TRUE(keyring->rewrap(SecretString("newer")).ok());
  EXPECT_TRUE(keyring->is_under(SecretString("newer")));
  EXPECT_EQ(in(*keyring, slot), key);
  const KeySlot later = *keyring->add();
  const std::string later_key = in(*keyring, later);
  EXPECT_FALSE(open({"secret"}).ok());
  keyring = *open({"newer"});
  EXPECT_EQ(in(*keyring, slot), key);
  EXPECT_EQ(in(*keyring, later), later_key);
}

TEST_F(KeyringTest, TheOldFileIsOverwrittenWhenItIsWrappedAnew) {
  auto keyring = make();
  static_cast<void>(keyring->add().ok());
  std::filesystem::create_hard_link(path_, path_ + ".old");  // what a disk's sectors would still hold
  ASSERT_TRUE(keyring->rewrap(SecretString("newer")).ok());
  std::stringstream old;
  old << std::ifstream(path_ + ".old", std::ios::binary).rdbuf();
  EXPECT_EQ(old.str().find_first_not_of('\0'), std::string::npos);
}

/// So that no more than `more` files can be opened, or no byte be written behind `size`, as long as this
/// lives.
class Limit {
 public:
  Limit(__rlimit_resource what, rlim_t value) : what_(what) {
    ::getrlimit(what_, &before_);
    const rlimit lower{value, before_.rlim_max};
    ::setrlimit(what_, &lower);
  }
  ~Limit() { ::setrlimit(what_, &before_); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  const __rlimit_resource what_;
  rlimit before_{};
};

TEST_F(KeyringTest, AKeyThatCouldNotBeOverwrittenIsTriedAgainAndNotTakenForGone) {
  auto keyring = make();
  const KeySlot slot = *keyring->add();
  const std::string wrapped = content().substr(4096 + 64 * static_cast<std::size_t>(slot), 60);
  ::signal(SIGXFSZ, SIG_IGN);
  {
    const Limit no_writes(RLIMIT_FSIZE, 4096);
    EXPECT_FALSE(keyring->destroy({&slot, 1}, Sync::no).ok());
    EXPECT_FALSE(keyring->destroy({}, Sync::yes).ok());
  }
  EXPECT_EQ(in(*keyring, slot), "none");
  EXPECT_NE(content().find(wrapped), std::string::npos);
  EXPECT_TRUE(keyring->destroy({}, Sync::yes).ok());
  EXPECT_EQ(content().find(wrapped), std::string::npos);
}

TEST_F(KeyringTest, WhatFailsAfterTheNewFileHasTakenItsPlaceLeavesItInUse) {
  auto keyring = make();
  const KeySlot slot = *keyring->add();
  const UniqueFd next(::dup(STDIN_FILENO));
  {
    const Limit one_more(RLIMIT_NOFILE, static_cast<rlim_t>(next.get()) + 2);  // and none for the folder
    EXPECT_FALSE(keyring->rewrap(SecretString("newer")).ok());
  }
  ASSERT_NE(in(**open({"newer"}), slot), "none") << "the new file is there";
  ASSERT_TRUE(keyring->destroy({&slot, 1}, Sync::yes).ok());
  EXPECT_EQ(in(**open({"newer"}), slot), "none");
}

TEST_F(KeyringTest, AHalfMadeOneIsOverwritten) {
  make();
  std::filesystem::copy_file(path_, path_ + ".new");
  std::filesystem::create_hard_link(path_ + ".new", path_ + ".sectors");
  ASSERT_TRUE(open().ok());
  ASSERT_TRUE(std::filesystem::exists(path_ + ".new"))
      << "it may be its owner's, who is about to put it in place";
  ASSERT_TRUE(Keyring::discard_unfinished(path_).ok());
  std::stringstream left;
  left << std::ifstream(path_ + ".sectors", std::ios::binary).rdbuf();
  EXPECT_EQ(left.str().find_first_not_of('\0'), std::string::npos);
}

/// A kill while it was being wrapped anew leaves the new file under its temporary name: whole or in part.
TEST_F(KeyringTest, AKillAtAnyStepOfWrappingAnewLosesNothing) {
  auto keyring = make();
  const KeySlot slot = *keyring->add();
  const std::string key = in(*keyring, slot);
  const std::string old = content();
  ASSERT_TRUE(keyring->rewrap(SecretString("newer")).ok());
  const std::string rewrapped = content();
  for (const std::size_t written : {std::size_t{0}, std::size_t{1}, rewrapped.size() / 2, rewrapped.size()}) {
    put_content(old);
    std::ofstream(path_ + ".new", std::ios::binary) << rewrapped.substr(0, written);
    keyring = *open({"newer", "secret"});
    EXPECT_EQ(in(*keyring, slot), key) << written;
    ASSERT_TRUE(keyring->rewrap(SecretString("newer")).ok()) << written;
    EXPECT_EQ(in(**open({"newer"}), slot), key) << written;
  }
}

TEST_F(KeyringTest, DamageCostsTheSlotsThatItHits) {
  auto keyring = make();
  const KeySlot one = *keyring->add();
  const KeySlot two = *keyring->add();
  std::string bytes = content();
  bytes[4096 + 64 * static_cast<std::size_t>(one) + 20] ^= 1;
  put_content(bytes);
  keyring = *open();
  EXPECT_EQ(in(*keyring, one), "none");
  EXPECT_NE(in(*keyring, two), "none");
}

TEST_F(KeyringTest, ASlotInAnothersPlaceIsNone) {
  auto keyring = make();
  const KeySlot one = *keyring->add();
  const KeySlot two = *keyring->add();
  std::string bytes = content();
  const auto place = [](KeySlot slot) { return 4096 + 64 * static_cast<std::size_t>(slot); };
  const std::string moved = bytes.substr(place(one), 64);
  bytes.replace(place(two), 64, moved);
  put_content(bytes);
  EXPECT_EQ(in(**open(), two), "none");
}

TEST_F(KeyringTest, ForeignAndCutFilesAreCorrupt) {
  make();
  const std::string bytes = content();
  for (const std::string& other : {std::string(), bytes.substr(0, 100), std::string(8192, 'x')}) {
    put_content(other);
    const auto refused = open();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Errc::corrupt);
  }
}

TEST_F(KeyringTest, ItsOwnerCanTellItWithoutTheSecret) {
  make();
  EXPECT_TRUE(Keyring::belongs_to(path_, SecretString("api-key")));
  EXPECT_FALSE(Keyring::belongs_to(path_, SecretString("another")));
  EXPECT_FALSE(Keyring::belongs_to(path_ + "-not-there", SecretString("api-key")));
}

/// One of eight in each byte; of the slots that no key is in, which are all alike, in one of so many bytes.
constexpr std::size_t kStepAmongFreeSlots = 61;
constexpr std::size_t kEndOfUsedSlots = 4096 + 16 * 64;

class LongKeyringBits : public KeyringTest, public testing::WithParamInterface<unsigned> {};

TEST_P(LongKeyringBits, EachCostsNoMoreThanTheKeysThatItHits) {
  auto keyring = make();
  const KeySlot slots[] = {*keyring->add(), *keyring->add(), *keyring->add()};
  const std::string keys[] = {in(*keyring, slots[0]), in(*keyring, slots[1]), in(*keyring, slots[2])};
  keyring.reset();
  const std::string intact = content();
  for (std::size_t at = 0; at < intact.size(); at += at < kEndOfUsedSlots ? 1 : kStepAmongFreeSlots) {
    std::string bytes = intact;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << GetParam()));
    put_content(bytes);
    const auto opened = open();
    if (!opened) {
      ASSERT_LT(at, 4096U) << "a slot is no matter of the others";
      continue;
    }
    int lost = 0;
    for (std::size_t i = 0; i < std::size(slots); ++i) {
      const std::string found = in(**opened, slots[i]);
      ASSERT_TRUE(found == keys[i] || found == "none") << at;
      lost += found == "none" ? 1 : 0;
    }
    ASSERT_LE(lost, 1) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(InEachByte, LongKeyringBits, testing::Range(0U, 8U));

}  // namespace
}  // namespace mediafs
