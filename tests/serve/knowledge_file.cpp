// SPDX-License-Identifier: Apache-2.0
// Knowledge files: what was written is read back, an interrupted build resumes, and knowledge of another
// origin is an error.
#include <catch2/catch.hpp>
#include <filesystem>

#include <coco/host/host.hpp>
#include <coco/serve/knowledge_file.hpp>
#include <coco/serve/recommender.hpp>

#include "io/support.hpp"
#include "train/small_shop.hpp"

using namespace coco;
using Catch::Matchers::Contains;
using support::error_of;
using test::Shop;
using test::SmallShop;

namespace {

bool same(const Knowledge& a, const Knowledge& b) {
    return a.width() == b.width() &&
           std::equal(a.offsets().begin(), a.offsets().end(), b.offsets().begin(), b.offsets().end()) &&
           std::equal(a.rows().begin(), a.rows().end(), b.rows().begin(), b.rows().end()) &&
           std::equal(a.cuts().begin(), a.cuts().end(), b.cuts().begin(), b.cuts().end());
}

const KnowledgeOrigin origin{"xxh64:1", "tiny", "histories"};

}  // namespace

TEST_CASE("knowledge file: rows and origin are read back", "[serve]") {
    const support::Folder folder;
    const Knowledge knowledge(2, {0, 1, 1, 3}, {1, 2, 3, 4, 5, 6}, {4, 0, 7});
    save_knowledge(folder / "k", knowledge, origin);
    const Knowledge read = load_knowledge(folder / "k", &origin);
    CHECK(same(read, knowledge));
    CHECK(read.rows_of(1) == 0);
    CHECK(std::vector<float>(read.of(2).begin(), read.of(2).end()) == std::vector<float>{3, 4, 5, 6});
    CHECK(read.cut(2) == 7);
    const Knowledge copy = read;
    CHECK(copy.of(0).data() == read.of(0).data());

    KnowledgeOrigin other = origin;
    other.checkpoint = "xxh64:2";
    CHECK_THAT(error_of([&] { load_knowledge(folder / "k", &other); }),
               Contains("checkpoint: knowledge of another origin: expected xxh64:2, found xxh64:1"));
    CHECK_NOTHROW(load_knowledge(folder / "k"));
    save_knowledge(folder / "none", Knowledge(2, {0}, {}, {}), origin);
    CHECK(load_knowledge(folder / "none").users() == 0);
}

TEST_CASE("knowledge file: truncated or inconsistent files are errors", "[serve]") {
    const support::Folder folder;
    save_knowledge(folder / "k", Knowledge(2, {0, 1, 1, 3}, {1, 2, 3, 4, 5, 6}, {4, 0, 7}), origin);
    const std::string whole = support::slurp(folder / "k");
    for (std::size_t length = 0; length < whole.size(); length += 7) {
        support::write(folder / "torn", whole.substr(0, length));
        CHECK_FALSE(error_of([&] { load_knowledge(folder / "torn"); }).empty());
    }
    io::SafetensorsWriter file;
    serve::describe(file, origin, 2);
    const std::vector<Index> offsets{0, 2, 1};
    const std::vector<float> rows(2);
    const std::vector<Id> cuts{1, 1};
    file.add("offsets", {3}, std::span<const Index>(offsets));
    file.add("rows", {1, 2}, std::span<const float>(rows));
    file.add("cuts", {2}, std::span<const Id>(cuts));
    file.write(folder / "lies");
    CHECK_THAT(error_of([&] { load_knowledge(folder / "lies"); }),
               Contains("knowledge of user 1: offsets do not ascend"));
}

TEST_CASE("knowledge is built in parts, and an interrupted build resumes", "[serve]") {
    const support::Folder folder;
    const SmallShop shop;
    auto config = test::small_config<Shop>();
    config.schedule.epochs = 2;
    config.schedule.joint_epochs = 1;
    Trainer<Shop, Host> trainer(config, shop.data.catalogue, shop.language);
    trainer.fit(shop.split.train, shop.split.valid);
    const TrainedModel<Shop, Host>& trained = trainer.model();
    const KnowledgeOrigin made{"xxh64:1", shop.language.digest, digest_of(shop.split.train)};
    const Knowledge at_once = make_knowledge(trained, shop.split.train);
    REQUIRE(at_once.users() > 100);

    Index calls = 0;
    const auto stop = [&](Index) {
        if (++calls == 3) throw Error("test", "stopped");
    };
    CHECK_THROWS_AS(build_knowledge(folder / "k", trained, shop.split.train, made, stop, 32), Error);
    CHECK(std::filesystem::exists(folder / "k.part-1"));
    CHECK_FALSE(std::filesystem::exists(folder / "k"));
    const auto kept = std::filesystem::last_write_time(folder / "k.part-0");

    std::vector<Index> done;
    const Knowledge built = build_knowledge(
        folder / "k", trained, shop.split.train, made,
        [&](Index users) {
            done.push_back(users);
            if (users == 64) CHECK(std::filesystem::last_write_time(folder / "k.part-0") == kept);
        },
        32);
    CHECK(same(built, at_once));
    CHECK(std::is_sorted(done.begin(), done.end()));
    CHECK(done.back() == at_once.users());
    CHECK_FALSE(std::filesystem::exists(folder / "k.part-0"));
    CHECK_FALSE(std::filesystem::exists(folder / "k.lock"));
    const std::string whole = support::slurp(folder / "k");

    // One process at a time builds a file; a finished one is read by any number, from a folder of others,
    // too.
    {
        const io::PathLock busy(folder / "k", "building this knowledge");
        CHECK(same(build_knowledge(folder / "k", trained, shop.split.train, made, {}, 32), at_once));
        KnowledgeOrigin newer = made;
        newer.checkpoint = "xxh64:3";
        CHECK_THAT(error_of([&] { build_knowledge(folder / "k", trained, shop.split.train, newer, {}, 32); }),
                   Contains("another process is building this knowledge"));
    }

    // A finished file is not built again. With another origin everything is built again.
    done.clear();
    CHECK(same(build_knowledge(folder / "k", trained, shop.split.train, made, {}, 32), at_once));
    CHECK(done.empty());
    KnowledgeOrigin other = made;
    other.checkpoint = "xxh64:2";
    build_knowledge(folder / "k", trained, shop.split.train, other, {}, 50);
    CHECK_NOTHROW(load_knowledge(folder / "k", &other));
    build_knowledge(folder / "k", trained, shop.split.train, made, {}, 50);
    CHECK(support::slurp(folder / "k") == whole);

    const Recommender<Shop, Host> recommender(trained, built);
    CHECK(recommender.recommend({.history = shop.split.train.of(3), .user = 3}).used_knowledge);
}
