from django.urls import path

from contacts.segments.views import lists, people, rules, static

urlpatterns = [
    path("", lists.segment_list, name="segment_list"),
    path("new/", rules.create_segment, name="create_segment"),
    path("new/list/", static.create_list, name="create_list"),
    path("suggest/", rules.suggest_values, name="suggest_values"),
    path("draft/", rules.draft_segment, name="draft_segment"),
    path("<int:segment_id>/", rules.segment, name="segment"),
    path("<int:segment_id>/change/", rules.change_segment, name="change_segment"),
    path("<int:segment_id>/state/", lists.segment_state, name="segment_state"),
    path("<int:segment_id>/members/", people.segment_members, name="segment_members"),
    path("<int:segment_id>/history/", people.segment_history, name="segment_history"),
    path("<int:segment_id>/why/", people.explain_segment, name="explain_segment"),
    path("<int:segment_id>/overlap/", people.segment_overlap, name="segment_overlap"),
    path("<int:segment_id>/list/", static.change_list, name="change_list"),
    path("<int:segment_id>/add/", static.add_to_segment, name="add_to_segment"),
    path("<int:segment_id>/remove/", static.remove_from_segment, name="remove_from_segment"),
    path("<int:segment_id>/freeze/", static.freeze_segment, name="freeze_segment"),
    path("<int:segment_id>/recalculate/", static.recalculate_segment, name="recalculate_segment"),
    path("<int:segment_id>/uses/", lists.segment_uses, name="segment_uses"),
    path("<int:segment_id>/archive/", lists.archive_segment, name="archive_segment"),
    path("<int:segment_id>/restore/", lists.restore_segment, name="restore_segment"),
]
