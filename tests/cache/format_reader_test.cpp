// A reader of the cache that was written from src/cache/FORMAT.md alone: nothing of ours is in it, so that
// what it reads in the golden files is what the text says. A failure here, and not in format_test.cpp, is a
// mistake in the text.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <lmdb.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace {

const std::string kGolden = std::string(MEDIAFS_TESTS) + "/cache/golden/";
const std::string kSecret = "golden-secret";

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> static_cast<unsigned>(shift)));
  return out;
}
std::string u32(std::uint64_t value) {
  return number(value, 4);
}
std::string u64(std::uint64_t value) {
  return number(value, 8);
}

unsigned char* octets(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* octets(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(const std::string& key, const std::string& text) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text), text.size(), octets(out),
       nullptr);
  return out;
}
std::string hkdf(const std::string& secret, const std::string& salt, const std::string& info) {
  return hmac(hmac(salt, secret), info + '\1');
}

/// Of nonce, ciphertext and tag; empty where it does not open.
std::string unseal(const std::string& key, const std::string& sealed, const std::string& associated) {
  if (key.size() != 32 || sealed.size() < 28) return {};
  std::string text = sealed.substr(12, sealed.size() - 28);
  std::string tag = sealed.substr(sealed.size() - 16);
  std::string plain(text.size(), '\0');
  int length = 0;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nullptr, octets(key), octets(sealed));
  EVP_DecryptUpdate(context, nullptr, &length, octets(associated), static_cast<int>(associated.size()));
  EVP_DecryptUpdate(context, octets(plain), &length, octets(text), static_cast<int>(text.size()));
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, octets(tag));
  const bool good = EVP_DecryptFinal_ex(context, octets(plain), &length) == 1;
  EVP_CIPHER_CTX_free(context);
  return good ? plain : std::string();
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The value under `name` in a database of LMDB; empty: none.
std::string look_up(const std::string& path, const std::string& name) {
  MDB_env* environment = nullptr;
  MDB_txn* transaction = nullptr;
  MDB_dbi database = 0;
  std::string key = name;
  MDB_val wanted{key.size(), key.data()};
  MDB_val found{};
  std::string value;
  mdb_env_create(&environment);
  if (mdb_env_open(environment, path.c_str(), MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0) == 0 &&
      mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction) == 0) {
    if (mdb_dbi_open(transaction, nullptr, 0, &database) == 0 &&
        mdb_get(transaction, database, &wanted, &found) == 0)
      value.assign(static_cast<const char*>(found.mv_data), found.mv_size);
    mdb_txn_abort(transaction);
  }
  mdb_env_close(environment);
  return value;
}

/// Takes numbers and texts off the front of a plain text.
class Fields {
 public:
  explicit Fields(std::string text) : text_(std::move(text)) {}
  std::string bytes(std::size_t count) {
    std::string out = text_.substr(std::min(at_, text_.size()), count);
    at_ += count;
    return out;
  }
  std::uint64_t number(std::size_t count) {
    std::uint64_t value = 0;
    for (const char c : bytes(count)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  }
  std::uint64_t u32() { return number(4); }
  std::uint64_t u64() { return number(8); }
  std::string text() { return bytes(u32()); }
  std::string rest() { return bytes(text_.size()); }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class FormatReader : public testing::Test {
 protected:
  FormatReader() {
    cache_key_ =
        unseal(hkdf(kSecret, salt_, "mediafs cache key 1"), keyring_.substr(73, 60), keyring_.substr(0, 73));
    names_ = hkdf(cache_key_, cache_id_, "mediafs names 1");
    // LMDB wants to write beside its files, or to be told of none.
    for (const std::string name : {"catalog", "chunks"}) {
      std::filesystem::copy_file(kGolden + name, folder() + "/" + name,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  ~FormatReader() override { std::filesystem::remove_all(folder_); }

  std::string folder() {
    if (folder_.ends_with("X")) ::mkdtemp(folder_.data());
    return folder_;
  }
  [[nodiscard]] std::string key_in(std::uint64_t slot) const {
    return unseal(hkdf(kSecret, salt_, "mediafs slots 1"), keyring_.substr(4096 + 64 * slot, 60),
                  "mediafs slot 1" + cache_id_ + u32(slot));
  }
  /// A record of the catalog in the clear; `key` gets that of its slot.
  std::string open_record(const std::string& kind, const std::string& name, std::string* key = nullptr) {
    const std::string record = look_up(folder() + "/catalog", name);
    const std::uint64_t slot = Fields(record).u32();
    if (record.size() < 4) return {};
    const std::string its_key = key_in(slot);
    if (key != nullptr) *key = its_key;
    return unseal(its_key, record.substr(4), kind + cache_id_ + name + u32(slot));
  }
  /// The parts of a listing put together.
  std::string open_listing(std::uint64_t kind, const std::string& id) {
    const std::string name = hmac(names_, "listing " + u32(kind) + id).substr(0, 16);
    std::string listing;
    std::uint64_t version = 0;
    std::uint64_t parts = 1;
    for (std::uint64_t part = 0; part < parts; ++part) {
      const std::string plain = open_record("mediafs listing 2", name + u32(part));
      EXPECT_EQ(plain.size(), 1960U) << part;
      Fields fields(plain);
      const std::uint64_t of = fields.u64();
      if (part == 0) version = of;
      EXPECT_EQ(of, version);
      parts = fields.u32();
      fields.u64();  // since
      listing += fields.rest();
    }
    return listing;
  }

  const std::string keyring_ = content(kGolden + "keyring");
  const std::string cache_id_ = keyring_.substr(9, 16);
  const std::string salt_ = keyring_.substr(41, 32);
  std::string cache_key_;
  std::string names_;

 private:
  std::string folder_ = testing::TempDir() + "mediafs-reader-XXXXXX";
};

TEST_F(FormatReader, OpensTheKeyring) {
  EXPECT_TRUE(keyring_.starts_with("mfscache4"));
  EXPECT_EQ(cache_key_.size(), 32U);
  EXPECT_EQ(keyring_.substr(25, 16), hmac("", "mediafs owner 1" + cache_id_).substr(0, 16));
  EXPECT_EQ(keyring_.substr(133, 4096 - 133), std::string(4096 - 133, '\0'));
}

TEST_F(FormatReader, ReadsAMediaAndItsBytes) {
  const std::string id = "golden-media-0001";
  std::string key;
  const std::string plain = open_record("mediafs item 2", hmac(names_, "item " + id).substr(0, 16), &key);
  EXPECT_GT(plain.size(), 0U);
  EXPECT_EQ(plain.size() % 256, 0U);
  Fields fields(plain);
  EXPECT_EQ(fields.text(), id);
  EXPECT_EQ(fields.u64(), 42U);             // revision
  EXPECT_EQ(fields.u64(), 131'073U);        // size
  EXPECT_EQ(fields.u64(), 1'700'000'000U);  // modified
  EXPECT_EQ(fields.u64(), 1'700'000'002U);  // confirmed
  EXPECT_GE(fields.u64(), 1'700'000'000U);  // since
  EXPECT_GE(fields.u64(), 1'700'000'000U);  // used
  EXPECT_EQ(fields.u32(), 1U);              // complete
  EXPECT_EQ(fields.text(), "image/png");
  EXPECT_EQ(fields.text(), "\"golden\"");
  EXPECT_EQ(fields.rest().find_first_not_of('\0'), std::string::npos);

  const std::string version = hmac(names_, "version " + u64(42) + id).substr(0, 16);
  for (std::uint64_t i = 0; i < 2; ++i) {
    Fields record(look_up(folder() + "/chunks", version + u32(i)));
    std::string bytes;
    for (std::uint64_t piece = 0; piece < 8; ++piece) {
      bytes +=
          unseal(key, record.bytes(16'384 + 28),
                 "mediafs chunk 3" + cache_id_ + u64(42) + u32(i) + u64(131'072) + id + number(piece, 1));
    }
    EXPECT_EQ(bytes, std::string(131'072, i == 0 ? 'G' : 'H')) << i;
  }
}

TEST_F(FormatReader, ReadsAListingInParts) {
  Fields fields(open_listing(1, "golden-session-001"));
  EXPECT_EQ(fields.u32(), 1U);  // a session's media
  EXPECT_EQ(fields.text(), "golden-session-001");
  EXPECT_EQ(fields.u64(), 1'700'000'001U);  // listed
  EXPECT_EQ(fields.u64(), 1'700'000'001U);  // changed
  ASSERT_EQ(fields.u32(), 19U);
  for (int one = 1; one < 20; ++one) {
    EXPECT_EQ(fields.text(), "golden-media-00" + std::to_string(10 + one));
    EXPECT_EQ(fields.text(), "document-front");
    EXPECT_EQ(fields.text(), "image/png");
    EXPECT_EQ(fields.u64(), 131'073U);
    EXPECT_EQ(fields.text(), "3.5");
    EXPECT_EQ(fields.text(), "golden-session-001");
    EXPECT_EQ(fields.u64(), 1'700'000'000U);  // first seen
  }
  EXPECT_EQ(fields.u32(), 0U);  // attempts
  EXPECT_EQ(fields.rest().find_first_not_of('\0'), std::string::npos);
}

TEST_F(FormatReader, ReadsTheAttemptsOfASession) {
  Fields fields(open_listing(3, "golden-session-001"));
  EXPECT_EQ(fields.u32(), 3U);
  EXPECT_EQ(fields.text(), "golden-session-001");
  fields.u64();
  fields.u64();
  EXPECT_EQ(fields.u32(), 0U);  // media
  ASSERT_EQ(fields.u32(), 2U);
  EXPECT_EQ(fields.text(), "golden-attempt-001");
  EXPECT_EQ(fields.u32(), 1U);
  EXPECT_EQ(fields.u64(), 1'700'000'000U);
  EXPECT_EQ(fields.u64(), 9U);
  EXPECT_EQ(fields.text(), "golden-attempt-002");
  EXPECT_EQ(fields.u32(), 0U);
  EXPECT_EQ(fields.u64(), 0U);
  EXPECT_EQ(fields.u64(), 0U);
}

TEST_F(FormatReader, ReadsTheClock) {
  const std::string record = look_up(folder() + "/catalog", hmac(names_, "clock").substr(0, 16));
  const std::string plain =
      unseal(hkdf(cache_key_, cache_id_, "mediafs clock 1"), record, "mediafs clock 1" + cache_id_);
  ASSERT_EQ(plain.size(), 8U);
  EXPECT_GT(Fields(plain).u64(), 1'700'000'000U);
}

}  // namespace
