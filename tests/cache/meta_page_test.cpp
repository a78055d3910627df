#include "cache/meta_page.h"

#include <cstring>
#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

constexpr std::uint64_t kPage = 4096;

struct Head {
  PageHeader headers[2] = {{.number = 0, .pad = 0, .flags = kMetaPage, .lower = 0, .upper = 0},
                           {.number = 1, .pad = 0, .flags = kMetaPage, .lower = 0, .upper = 0}};
  MetaPage metas[2] = {meta(6), meta(7)};
  std::uint64_t file_size = 10 * kPage;

  static MetaPage meta(std::uint64_t transaction) {
    return {.magic = kLmdbMagic,
            .version = kLmdbVersion,
            .address = 0,
            .map_size = 100 * kPage,
            .free_list = {kPage, 0x4008, 1, 0, 1, 0, 1, 4},
            .records = {0, 0, 2, 1, 3, 0, 50, 9},
            .last_page = 9,
            .transaction = transaction};
  }
  [[nodiscard]] std::string bytes() const {
    std::string out(2 * kPage, '\0');
    for (std::size_t i = 0; i < 2; ++i) {
      std::memcpy(out.data() + i * kPage, &headers[i], sizeof(PageHeader));
      std::memcpy(out.data() + i * kPage + sizeof(PageHeader), &metas[i], sizeof(MetaPage));
    }
    return out;
  }
  [[nodiscard]] bool is_sound() const { return sound_meta(bytes_of(bytes()), file_size, kPage).ok(); }
};

TEST(MetaPages, TheLaterTransactionCounts) {
  Head head;
  EXPECT_EQ(sound_meta(bytes_of(head.bytes()), head.file_size, kPage)->transaction, 7U);
  head.metas[0].transaction = 8;
  EXPECT_EQ(sound_meta(bytes_of(head.bytes()), head.file_size, kPage)->transaction, 8U);
}

struct Case {
  const char* name;
  std::function<void(Head&)> change;
  bool is_sound = false;
};

class MetaPageCase : public testing::TestWithParam<Case> {};

TEST_P(MetaPageCase, IsJudged) {
  Head head;
  GetParam().change(head);
  EXPECT_EQ(head.is_sound(), GetParam().is_sound);
}

INSTANTIATE_TEST_SUITE_P(
    All, MetaPageCase,
    testing::Values(
        Case{"Untouched", [](Head&) {}, true},
        Case{"AnEmptyTree", [](Head& h) { h.metas[1].records = {0, 0, 0, 0, 0, 0, 0, kNoPage}; }, true},
        Case{"PagesThatWereNeverWritten", [](Head& h) { h.metas[1].last_page = 5000; }, true},
        Case{"APartOfAPageBehindTheLast", [](Head& h) { h.file_size += 100; }, true},
        Case{"OnePage", [](Head& h) { h.file_size = kPage; }},
        Case{"Magic", [](Head& h) { h.metas[0].magic ^= 1; }},
        Case{"Version", [](Head& h) { h.metas[1].version = 999; }},
        Case{"Mark", [](Head& h) { h.headers[1].flags = kLeafPage; }},
        Case{"Number", [](Head& h) { h.headers[1].number = 0; }},
        Case{"NoPageSize", [](Head& h) { h.metas[1].free_list.pad = 0; }},
        Case{"AnotherPageSizeInTheOlderOne", [](Head& h) { h.metas[0].free_list.pad = 2 * kPage; }},
        Case{"DuplicateKeys", [](Head& h) { h.metas[1].records.flags = 4; }},
        Case{"AFixedMap", [](Head& h) { h.metas[1].free_list.flags |= 1; }},
        Case{"AHugeMap", [](Head& h) { h.metas[1].map_size = std::uint64_t{1} << 60; }},
        Case{"ACrookedMap", [](Head& h) { h.metas[1].map_size += 1; }},
        Case{"AHugeTransaction", [](Head& h) { h.metas[1].transaction = ~std::uint64_t{0}; }},
        Case{"NoPages", [](Head& h) { h.metas[1].last_page = 0; }},
        Case{"MorePagesThanTheFile", [](Head& h) { h.metas[1].last_page = 10 + kUnwrittenPages; }},
        Case{"ARootBehindTheLastPage", [](Head& h) { h.metas[1].records.page = 10; }},
        Case{"ARootThatIsAMetaPage", [](Head& h) { h.metas[1].free_list.page = 1; }},
        Case{"NoRoot", [](Head& h) { h.metas[1].records.page = kNoPage; }},
        Case{"ARootOfAnEmptyTree", [](Head& h) { h.metas[1].records.depth = 0; }},
        Case{"ATreeTooDeep", [](Head& h) { h.metas[1].records.depth = 33; }}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace mediafs
